//! What is worth seeing of a node, on one line.

use super::orchestrator::Stage;
use super::steps::Sagas;
use super::{Saga, Style};
use std::fmt::Write as _;

impl<S: Sagas> Saga<S> {
    pub(super) fn show(&self) -> String {
        let mut text = String::new();
        if let Some(orchestrator) = &self.orchestrator {
            let _ = match orchestrator.is_at_work {
                true => write!(text, "orchestrates in {}", orchestrator.epoch.max(1)),
                false => write!(text, "stands by"),
            };
            for (saga, progress) in &orchestrator.sagas {
                let _ = match progress.stage {
                    Stage::New => write!(text, ", {saga} new"),
                    Stage::Doing(step) => write!(text, ", {saga} doing {step}"),
                    Stage::Undoing(step) => write!(text, ", {saga} undoing {step}"),
                    Stage::Over(outcome) => write!(text, ", {saga} {outcome}"),
                };
            }
            return text;
        }
        if let Some(store) = &self.store {
            return format!("keeps the log of {} sagas in {}", store.log.len(), store.epoch);
        }
        let _ = write!(text, "{} transactions", self.host.last);
        for ((saga, step, _), row) in &self.host.fence {
            let _ = write!(text, ", {saga} step {step} {row:?}");
        }
        for saga in self.marks() {
            let _ = write!(text, ", marked for {saga}");
        }
        if self.config.style == Style::Choreographed {
            let (rows, dead) = (self.outbox.rows.len(), self.outbox.dead.len());
            let _ = write!(text, ", {rows} in the outbox, {dead} dead");
            for (saga, begun) in &self.origin.sagas {
                let _ = match begun.outcome {
                    Some(outcome) => write!(text, ", {saga} {outcome}"),
                    None => write!(text, ", {saga} under way"),
                };
            }
        }
        text
    }
}
