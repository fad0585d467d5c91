//! Jepsen's console logs, as recorded of etcd: `INFO  jepsen.util - PROCESS  :type  :f  value`, of one register
//! that holds nothing at first. Other lines are passed over.

use crate::foreign::{Error, Recorder};
use crate::model::cas_register::{CasOp, CasRegister, CasReply};
use sim_core::Ending;
use sim_core::history::History;

/// A history of one register with compare-and-swap.
///
/// A `:cas` that failed is an answer here: the store compared and found another value. A read that failed
/// timed out, and tells nothing.
pub fn cas_register(text: &str) -> Result<History<CasRegister>, Error> {
    let mut recorder = Recorder::<CasRegister>::new();
    for (line, words) in (1..).zip(text.lines()) {
        let words: Vec<_> = words.split_whitespace().collect();
        let ["INFO", "jepsen.util", "-", process, kind, f, value @ ..] = words.as_slice() else {
            continue;
        };
        let Ok(process) = process.parse::<u32>() else { continue };
        if process >= 1 << 31 {
            return Err(Error::new(line, "no process has such a number"));
        }
        let at = recorder.time(None);
        match *kind {
            ":invoke" => recorder.invoke(line, process, op(line, f, value)?, at)?,
            _ => recorder.ret(line, process, ending(line, kind, f, value)?, at)?,
        }
    }
    Ok(recorder.history)
}

fn op(line: usize, f: &str, value: &[&str]) -> Result<CasOp, Error> {
    match (f, value) {
        (":read", _) => Ok(CasOp::Read),
        (":write", [value]) => Ok(CasOp::Write(number(line, value)?)),
        (":cas", [expect, new]) => {
            let expect = expect.trim_start_matches('[');
            let new = new.trim_end_matches(']');
            Ok(CasOp::Cas(number(line, expect)?, number(line, new)?))
        }
        _ => Err(Error::new(line, "expected `:read`, `:write N` or `:cas [N N]`")),
    }
}

fn ending(line: usize, kind: &str, f: &str, value: &[&str]) -> Result<Ending<CasReply>, Error> {
    Ok(match (kind, f, value) {
        (":ok", ":read", ["nil"]) => Ending::Ok(CasReply::Value(None)),
        (":ok", ":read", [value]) => Ending::Ok(CasReply::Value(Some(number(line, value)?))),
        (":ok", ":write", _) => Ending::Ok(CasReply::Done),
        (":ok", ":cas", _) => Ending::Ok(CasReply::Swapped(true)),
        (":fail", ":cas", [.., value]) if *value != ":timed-out" => {
            Ending::Ok(CasReply::Swapped(false))
        }
        (":fail", _, _) => Ending::Fail,
        (":info", _, _) => Ending::Unknown,
        _ => return Err(Error::new(line, "expected `:ok`, `:fail` or `:info`, `:f` and a value")),
    })
}

fn number(line: usize, text: &str) -> Result<i64, Error> {
    text.parse().map_err(|_| Error::new(line, format!("`{text}` is not a whole number")))
}
