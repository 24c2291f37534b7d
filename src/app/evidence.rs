//! Canary against stable while a person looks: whose requests are counted, and what follows from the numbers.

use super::{App, Dialog, Effect, Page, message::Sight};
use crate::{
    domain::WorkloadKey,
    operation::Operation,
    release::{
        Advice, Comparison, Finding, Proposal,
        evidence::{self, Counts, Sides},
    },
};

/// What was counted of two sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Which sides.
    pub sides: Sides,
    /// Requests of stable and of the canary, or why they are not known.
    pub answer: Counts,
}

impl App {
    /// Begins to count where a release of two sides is in front of the person, and ends it where it is not.
    pub(super) fn count_sides(&mut self, sight: Sight<'_>) -> Option<Effect> {
        let wanted = self.looked_at().and_then(|key| Sides::of(sight.world, key, sight.delivery(key)?));
        let counted = self.counted.as_ref().map(|counted| &counted.sides);
        if wanted.as_ref() == counted {
            return None;
        }
        let Some(sides) = wanted else {
            self.counted = None;
            return Some(Effect::StopCounting);
        };
        let same = counted.is_some_and(|counted| counted.key == sides.key);
        let answer = match self.counted.take() {
            // A pod more or less: the numbers stay until the next ones come.
            Some(before) if same => before.answer,
            _ => Err("asking Prometheus …".to_owned()),
        };
        self.counted = Some(Counted { sides: sides.clone(), answer });
        Some(Effect::Count(Box::new(sides)))
    }

    /// The workload whose release the person looks at or decides on.
    fn looked_at(&self) -> Option<&WorkloadKey> {
        match (&self.dialog, self.page()) {
            (Some(Dialog::Waiting { target, .. }), _) => Some(target),
            (Some(Dialog::Confirm(open)), _) => Some(&open.planned.plan.target),
            (_, Page::Rollout(page)) => Some(&page.key),
            _ => None,
        }
    }

    pub(super) fn counted_came(&mut self, sight: Sight<'_>, counted: Counted) {
        if self.counted.as_ref().is_some_and(|asked| asked.sides == counted.sides) {
            self.counted = Some(counted);
            self.heed_evidence(sight);
        }
    }

    /// Compares the two sides of a release by what is known now; `None` where there are no two.
    pub fn comparison(&self, sight: Sight<'_>, key: &WorkloadKey) -> Option<Comparison> {
        let counted = self.counted.as_ref().filter(|counted| counted.sides.key == *key);
        evidence::judge(sight.world, key, sight.delivery(key)?, counted.map(|counted| &counted.answer))
    }

    /// What to do next: as judged, and where that is to promote, by what the evidence says of it so far.
    pub fn advice(&self, sight: Sight<'_>, key: &WorkloadKey) -> Option<Advice> {
        let judged = sight.assessments.get(key)?.advice.clone();
        if judged.proposal != Some(Proposal::Promote) || self.counted.is_none() {
            return Some(judged);
        }
        Some(match self.comparison(sight, key) {
            Some(Comparison { verdict: Finding::Bad, sentence, brief, .. }) => {
                Advice { proposal: Some(Proposal::Abort), sentence, brief }
            }
            Some(Comparison { verdict: Finding::Good, sentence, brief, .. }) => Advice { sentence, brief, ..judged },
            Some(Comparison { sentence, brief, .. }) => {
                Advice { sentence: format!("unclear: {sentence}"), brief: format!("unclear: {brief}"), ..judged }
            }
            None => judged,
        })
    }

    /// What the evidence says against a promotion, if it is bad.
    pub(super) fn evidence_against(
        &self,
        sight: Sight<'_>,
        target: &WorkloadKey,
        operation: &Operation,
    ) -> Option<String> {
        let found = self.comparison(sight, target).filter(|found| found.verdict == Finding::Bad)?;
        matches!(operation, Operation::Promote { .. }).then_some(found.sentence)
    }

    /// Asks for the typed name where a promotion goes against bad evidence, whenever that comes to light.
    pub(super) fn heed_evidence(&mut self, sight: Sight<'_>) {
        let Some(Dialog::Confirm(open)) = &self.dialog else { return };
        let plan = &open.planned.plan;
        let against = self.evidence_against(sight, &plan.target, &plan.operation);
        if let (Some(why), Some(Dialog::Confirm(open))) = (against, &mut self.dialog) {
            open.planned.plan.typed_name = true;
            open.planned.plan.against = Some(why);
        }
    }
}
