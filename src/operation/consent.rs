//! The only key to a write: a plan, and a person's yes.

use std::fmt;

use super::{Operation, Plan, Planned, Preview, Refusal};

/// How a person said yes; the audit records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Answered a dialog or a prompt.
    Answered,
    /// Typed the workload's name, or gave it with `--confirm`.
    Typed(String),
    /// Said so beforehand, with `--yes`.
    Beforehand,
    /// Agreed to this second step together with the first; good for [`Operation::Finish`] alone.
    WithFirst,
}

impl fmt::Display for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("answered"),
            Self::Typed(name) => write!(f, "typed {name}"),
            Self::Beforehand => f.write_str("--yes"),
            Self::WithFirst => f.write_str("with the first step"),
        }
    }
}

/// Something a person saw and said yes to; made by [`Planned::confirm`] alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed<T> {
    what: T,
    seen: Preview,
    consent: Consent,
}

impl<T> Confirmed<T> {
    /// Returns what was confirmed.
    pub fn what(&self) -> &T {
        &self.what
    }

    /// Returns the preview the person saw.
    pub fn seen(&self) -> &Preview {
        &self.seen
    }

    /// Returns how the person said yes.
    pub fn consent(&self) -> &Consent {
        &self.consent
    }
}

impl Planned {
    /// Turns a preview and a yes into the key to a write.
    ///
    /// # Errors
    /// In a protected context, or against bad evidence, anything but the workload's typed name is refused.
    pub fn confirm(self, consent: Consent) -> Result<Confirmed<Plan>, Refusal> {
        let name = &self.plan.target.name;
        match &consent {
            Consent::Typed(typed) if **typed != **name => {
                Err(Refusal::new(format!("the typed name {typed:?} is not {name:?}"))
                    .hint("nothing was changed; type the workload's name exactly"))
            }
            Consent::WithFirst if self.plan.operation != Operation::Finish => {
                Err(Refusal::new("only a second step is agreed to with the first"))
            }
            Consent::Answered | Consent::Beforehand if self.plan.typed_name => {
                let why = match &self.plan.against {
                    Some(why) => format!("{why}: a plain yes is not enough"),
                    None => format!("context {} is protected: a plain yes is not enough", self.plan.context),
                };
                Err(Refusal::new(why).hint(format!("type the workload's name, or give --confirm {name}")))
            }
            _ => Ok(Confirmed { what: self.plan, seen: self.preview, consent }),
        }
    }
}
