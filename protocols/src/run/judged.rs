//! The verdict on what clients saw, by whatever their service's histories are judged.

use checkers::linearizable::{check_told, points};
use checkers::model::{Judged, Model};
use checkers::serializable::{self, Level, Transaction};
use sim_core::history::{History, Operation};
use sim_core::outcome::Verdict;
use sim_core::trace::{TraceBlame, TraceOperation};
use sim_core::{Ending, RequestId, Time};
use std::collections::BTreeSet;

/// What came of a history.
#[derive(Default)]
pub(super) struct Verdicts {
    /// The property that the verdict is on; none where nothing can be judged.
    pub property: Option<&'static str>,
    pub verdict: Verdict,
    pub why: String,
    /// When what is wrong was seen.
    pub at: Option<Time>,
    pub operations: u64,
    pub keys: u64,
    /// Why no order explains what was seen, where it was judged so.
    pub blame: Option<TraceBlame>,
}

/// Judges a history; `order` is a first guess at the order in which the requests took effect, and `budget` bounds the
/// search for one.
pub(super) fn judge<S: Model>(history: &History<S>, order: &[RequestId], budget: u64) -> Verdicts {
    let judged = S::judged();
    let verdicts = match judged {
        Judged::Linearizable => as_operations(&check_told(&history.operations, order, budget)),
        Judged::Transactions(micros) => {
            let mut transactions = serializable::from_history(history, micros);
            transactions.retain(|one| !one.micros.is_empty());
            as_transactions(&transactions)
        }
        Judged::Beliefs => Verdicts::default(),
    };
    Verdicts { property: judged.property(), ..verdicts }
}

fn as_operations(judgement: &checkers::Judgement) -> Verdicts {
    Verdicts {
        verdict: judgement.verdict,
        why: judgement.why(),
        at: judgement.explanation.as_ref().map(|explanation| explanation.at),
        operations: judgement.operations,
        keys: judgement.keys,
        blame: judgement.explanation.as_ref().map(|explanation| TraceBlame {
            key: explanation.key,
            operations: explanation.operations.clone(),
            at: explanation.at,
            sentence: explanation.sentence.clone(),
        }),
        ..Verdicts::default()
    }
}

fn as_transactions(transactions: &[Transaction]) -> Verdicts {
    let judgement = serializable::judge(transactions, Level::StrictSerializable);
    let seen = |worst: &serializable::Anomaly| {
        worst.transactions.iter().filter_map(|one| transactions[*one].returned).max()
    };
    let keys: BTreeSet<&str> =
        transactions.iter().flat_map(|one| &one.micros).map(serializable::Micro::key).collect();
    Verdicts {
        verdict: judgement.verdict,
        why: judgement.why(),
        at: judgement.forbidden().next().and_then(seen),
        operations: transactions.len() as u64,
        keys: keys.len() as u64,
        ..Verdicts::default()
    }
}

/// What clients saw, for people: each operation with a time at which it can have taken effect, where histories are
/// judged by that.
pub(super) fn shown<S: Model>(history: &History<S>) -> Vec<TraceOperation> {
    let is_ordered = matches!(S::judged(), Judged::Linearizable);
    let points = match is_ordered {
        true => points(&history.operations),
        false => vec![None; history.operations.len()],
    };
    let operations = history.operations.iter().zip(points);
    let shown = |(one, point): (&Operation<S>, Option<Time>)| {
        let returned = one.returned.as_ref();
        let (reply, done) = match returned.map(|(_, ending)| ending) {
            Some(Ending::Ok(reply)) => (S::show_reply(reply), Some(true)),
            Some(Ending::Fail) => (String::new(), Some(false)),
            Some(Ending::Unknown) | None => (String::new(), None),
        };
        TraceOperation {
            id: one.id,
            op: S::show_op(&one.op),
            reply,
            invoked: one.invoked,
            returned: returned.map(|(at, _)| *at),
            done,
            key: if is_ordered { S::key(&one.op) } else { 0 },
            point,
        }
    };
    operations.map(shown).collect()
}
