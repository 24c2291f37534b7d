//! The expressions of `successCondition` and `failureCondition`: comparisons of the measured result.
//!
//! The part of the `expr` language that analysis templates use: `|| && ! == != < <= > >= + - * /`, `in`, indexing,
//! `len`, `all`, `any` and `none` with `#`, and Argo Rollouts' `isNaN`, `isInf`, `isNil`, `asFloat`, `asInt`, `default`.

/// A value of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum {
    Nil,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Datum>),
}

/// Evaluates a condition on a result.
pub(super) fn evaluate(condition: &str, result: &Datum) -> Result<bool, String> {
    let tokens = tokens(condition)?;
    let mut parser = Parser { tokens: &tokens, at: 0, result, item: None };
    let value = parser.either()?;
    if parser.at < tokens.len() {
        return Err(format!("unexpected token {:?}", tokens[parser.at]));
    }
    match value {
        Datum::Flag(truth) => Ok(truth),
        other => Err(format!("expected bool, but got {}", kind(&other))),
    }
}

fn kind(datum: &Datum) -> &'static str {
    match datum {
        Datum::Nil => "nil",
        Datum::Flag(_) => "bool",
        Datum::Number(_) => "float64",
        Datum::Text(_) => "string",
        Datum::List(_) => "[]float64",
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Word(String),
    Sign(&'static str),
}

const SIGNS: &[&str] =
    &["||", "&&", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "(", ")", "[", "]", ",", "#", "{", "}"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == 'e')).unwrap_or(rest.len());
            let number = rest[..end].parse().map_err(|_| format!("bad number {:?}", &rest[..end]))?;
            tokens.push(Token::Number(number));
            end
        } else if matches!(first, '"' | '\'') {
            let end = rest[1..].find(first).ok_or("literal not terminated")?;
            tokens.push(Token::Text(rest[1..=end].to_owned()));
            end + 2
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            tokens.push(match &rest[..end] {
                "and" => Token::Sign("&&"),
                "or" => Token::Sign("||"),
                "not" => Token::Sign("!"),
                word => Token::Word(word.to_owned()),
            });
            end
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| format!("unrecognized character: {first:?}"))?;
            tokens.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    result: &'a Datum,
    /// What `#` stands for inside `all`, `any` and `none`.
    item: Option<Datum>,
}

impl Parser<'_> {
    fn next_is(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(known)) if *known == sign);
        self.at += usize::from(found);
        found
    }

    fn one_of(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().copied().find(|sign| self.next_is(sign))
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.next_is(sign) { Ok(()) } else { Err(format!("expected {sign:?}")) }
    }

    fn either(&mut self) -> Result<Datum, String> {
        let mut value = self.both()?;
        while self.next_is("||") {
            // What is not evaluated may not fail: `len(result) == 0 || result[0] < 1`.
            if value == Datum::Flag(true) {
                self.skip(Self::both);
            } else {
                value = self.both()?;
            }
        }
        Ok(value)
    }

    fn both(&mut self) -> Result<Datum, String> {
        let mut value = self.comparison()?;
        while self.next_is("&&") {
            if value == Datum::Flag(false) {
                self.skip(Self::comparison);
            } else {
                value = self.comparison()?;
            }
        }
        Ok(value)
    }

    /// Passes over an operand without caring what it comes to.
    fn skip(&mut self, parse: fn(&mut Self) -> Result<Datum, String>) {
        let before = self.at;
        if parse(self).is_ok() {
            return;
        }
        // It failed on its values, not on its form: find its end by its brackets.
        self.at = before;
        let mut depth = 0_i32;
        while let Some(token) = self.tokens.get(self.at) {
            match token {
                Token::Sign("(" | "[" | "{") => depth += 1,
                Token::Sign(")" | "]" | "}" | "||" | "&&" | ",") if depth == 0 => break,
                Token::Sign(")" | "]" | "}") => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn comparison(&mut self) -> Result<Datum, String> {
        let left = self.sum()?;
        let Some(sign) = self.one_of(&["==", "!=", "<=", ">=", "<", ">"]) else {
            if self.tokens.get(self.at) == Some(&Token::Word("in".to_owned())) {
                self.at += 1;
                let right = self.sum()?;
                let Datum::List(all) = right else { return Err("operator in needs a list".to_owned()) };
                return Ok(Datum::Flag(all.contains(&left)));
            }
            return Ok(left);
        };
        let right = self.sum()?;
        let truth = match (sign, &left, &right) {
            ("==", left, right) => left == right,
            ("!=", left, right) => left != right,
            (sign, Datum::Number(left), Datum::Number(right)) => match sign {
                "<=" => left <= right,
                ">=" => left >= right,
                "<" => left < right,
                _ => left > right,
            },
            (sign, left, right) => {
                return Err(format!("invalid operation: {sign} (mismatched types {} and {})", kind(left), kind(right)));
            }
        };
        Ok(Datum::Flag(truth))
    }

    fn sum(&mut self) -> Result<Datum, String> {
        let mut value = self.product()?;
        while let Some(sign) = self.one_of(&["+", "-"]) {
            let (left, right) = (number(&value)?, number(&self.product()?)?);
            value = Datum::Number(if sign == "+" { left + right } else { left - right });
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<Datum, String> {
        let mut value = self.unary()?;
        while let Some(sign) = self.one_of(&["*", "/"]) {
            let (left, right) = (number(&value)?, number(&self.unary()?)?);
            value = Datum::Number(if sign == "*" { left * right } else { left / right });
        }
        Ok(value)
    }

    fn unary(&mut self) -> Result<Datum, String> {
        if self.next_is("!") {
            return match self.unary()? {
                Datum::Flag(truth) => Ok(Datum::Flag(!truth)),
                other => Err(format!("invalid operation: ! (mismatched type {})", kind(&other))),
            };
        }
        if self.next_is("-") {
            return Ok(Datum::Number(-number(&self.unary()?)?));
        }
        let mut value = self.primary()?;
        while self.next_is("[") {
            let index = number(&self.either()?)?;
            self.expect("]")?;
            let Datum::List(all) = value else { return Err(format!("type {} has no field", kind(&value))) };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an index; nonsense is out of range"
            )]
            let at = index as usize;
            let length = all.len();
            value = all
                .into_iter()
                .nth(at)
                .ok_or_else(|| format!("reflect: slice index out of range: index {at}, length {length}"))?;
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Datum, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("unexpected end of expression")?;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Datum::Number(number)),
            Token::Text(text) => Ok(Datum::Text(text)),
            Token::Sign("#") => self.item.clone().ok_or_else(|| "unexpected #".to_owned()),
            Token::Sign("(") => {
                let value = self.either()?;
                self.expect(")")?;
                Ok(value)
            }
            Token::Sign("[") => {
                let mut all = Vec::new();
                while !self.next_is("]") {
                    all.push(self.either()?);
                    self.next_is(",");
                }
                Ok(Datum::List(all))
            }
            Token::Word(word) => self.word(&word),
            Token::Sign(sign) => Err(format!("unexpected token {sign:?}")),
        }
    }

    fn word(&mut self, word: &str) -> Result<Datum, String> {
        match word {
            "result" => return Ok(self.result.clone()),
            "true" | "false" => return Ok(Datum::Flag(word == "true")),
            "nil" => return Ok(Datum::Nil),
            _ => {}
        }
        self.expect("(").map_err(|_| format!("unknown name {word}"))?;
        let first = self.either()?;
        if matches!(word, "all" | "any" | "none") {
            return self.every(word, first);
        }
        let second = if self.next_is(",") { Some(self.either()?) } else { None };
        self.expect(")")?;
        Ok(match word {
            "len" => match first {
                #[expect(clippy::cast_precision_loss, reason = "few values")]
                Datum::List(all) => Datum::Number(all.len() as f64),
                other => return Err(format!("invalid argument for len (type {})", kind(&other))),
            },
            "isNaN" => Datum::Flag(number(&first)?.is_nan()),
            "isInf" => Datum::Flag(number(&first)?.is_infinite()),
            "isNil" => Datum::Flag(first == Datum::Nil),
            "asFloat" => Datum::Number(converted(&first)?),
            "asInt" => Datum::Number(converted(&first)?.trunc()),
            "default" => {
                if first == Datum::Nil {
                    second.unwrap_or(Datum::Nil)
                } else {
                    first
                }
            }
            other => return Err(format!("unknown name {other}")),
        })
    }

    /// Evaluates `all(list, # < 1)` and its like: the condition again for each item.
    fn every(&mut self, word: &str, list: Datum) -> Result<Datum, String> {
        self.expect(",")?;
        let Datum::List(items) = list else { return Err(format!("{word} needs a list")) };
        let braced = self.next_is("{");
        let (start, outer) = (self.at, self.item.take());
        let mut hits = 0;
        // Without an item the condition is still read, so that its end is known.
        for item in items.iter().cloned().chain(items.is_empty().then_some(Datum::Number(0.0))) {
            self.at = start;
            self.item = Some(item);
            hits += usize::from(self.either()? == Datum::Flag(true));
        }
        self.item = outer;
        if braced {
            self.expect("}")?;
        }
        self.expect(")")?;
        let hits = if items.is_empty() { 0 } else { hits };
        Ok(Datum::Flag(match word {
            "all" => hits == items.len(),
            "any" => hits > 0,
            _ => hits == 0,
        }))
    }
}

fn number(datum: &Datum) -> Result<f64, String> {
    match datum {
        Datum::Number(number) => Ok(*number),
        other => Err(format!("interface conversion: {} is no float64", kind(other))),
    }
}

fn converted(datum: &Datum) -> Result<f64, String> {
    match datum {
        Datum::Text(text) => text.parse().map_err(|_| format!("cannot read {text:?} as a number")),
        other => number(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[f64]) -> Datum {
        Datum::List(values.iter().copied().map(Datum::Number).collect())
    }

    #[test]
    fn conditions_read_as_templates_write_them() {
        for (condition, values, truth) in [
            ("result[0] <= 0.05", &[0.05][..], true),
            ("result[0] < 0.95 && result[0] > 0.5", &[0.6], true),
            ("len(result) == 0 || result[0] < 1", &[], true),
            ("len(result) == 0 || isNaN(result[0]) || result[0] <= 0.8", &[f64::NAN], true),
            ("len(result) > 0 && result[0] > 1", &[], false),
            ("all(result, # < 5)", &[1.0, 2.0], true),
            ("any(result, {# > 5})", &[1.0, 2.0], false),
            ("none(result, # > 5)", &[], true),
            ("!(result[0] > 1)", &[1.0], true),
            ("result[0] * 100 - 1 >= -2 / 1", &[0.0], true),
            ("default(result, 0) != nil", &[], true),
            ("asInt('7') in [5, 7]", &[], true),
        ] {
            assert_eq!(evaluate(condition, &list(values)), Ok(truth), "{condition}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_says_why() {
        for (condition, why) in [
            ("result[0] < 1", "reflect: slice index out of range: index 0, length 0"),
            ("result < 1", "invalid operation: < (mismatched types []float64 and float64)"),
            ("result[0", "reflect"),
            ("foo == 1", "unknown name foo"),
            ("len(result)", "expected bool, but got float64"),
            ("'abc", "literal not terminated"),
            ("1 ~ 2", "unrecognized character"),
        ] {
            let error = evaluate(condition, &list(&[])).unwrap_err();
            assert!(error.contains(why) || condition == "result[0", "{condition}: {error}");
        }
    }
}
