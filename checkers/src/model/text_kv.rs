//! A key-value store of texts with append, as other checkers' histories record it; a key that was never
//! written holds the empty text.

use crate::client::Silent;
use crate::model::{Act, Model, Quotient};
use rustc_hash::FxHasher;
use serde::Serialize;
use sim_core::Service;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// What the store holds; a key with the empty text is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TextKv(BTreeMap<String, String>);

/// What the store is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TextOp {
    /// About which key.
    pub key: String,
    /// What about it.
    pub action: TextAction,
}

/// What is to be done with a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum TextAction {
    /// What does it hold?
    Get,
    /// Let it hold this.
    Put(String),
    /// Put this behind what it holds.
    Append(String),
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum TextReply {
    /// What the key holds.
    Text(String),
    /// It is written.
    Done,
}

impl Service for TextKv {
    type Op = TextOp;
    type Reply = TextReply;
    type Client = Silent<TextKv>;

    fn apply(&mut self, op: &TextOp) -> TextReply {
        match &op.action {
            TextAction::Get => {
                return TextReply::Text(self.0.get(&op.key).cloned().unwrap_or_default());
            }
            TextAction::Put(text) if text.is_empty() => {
                self.0.remove(&op.key);
            }
            TextAction::Put(text) => {
                self.0.insert(op.key.clone(), text.clone());
            }
            TextAction::Append(text) if text.is_empty() => {}
            TextAction::Append(text) => {
                self.0.entry(op.key.clone()).or_default().push_str(text);
            }
        }
        TextReply::Done
    }

    /// A hash: keys that fall together are checked together, which is slower and no less right.
    fn key(op: &TextOp) -> u64 {
        let mut hasher = FxHasher::default();
        op.key.hash(&mut hasher);
        hasher.finish()
    }

    fn is_read(op: &TextOp) -> bool {
        op.action == TextAction::Get
    }

    fn show_op(op: &TextOp) -> String {
        match &op.action {
            TextAction::Get => format!("get {:?}", op.key),
            TextAction::Put(text) => format!("put {:?} {text:?}", op.key),
            TextAction::Append(text) => format!("append {:?} {text:?}", op.key),
        }
    }

    fn show_reply(reply: &TextReply) -> String {
        match reply {
            TextReply::Text(text) => format!("{text:?}"),
            TextReply::Done => "done".into(),
        }
    }

    fn read_op(text: &str) -> Option<TextOp> {
        let (verb, rest) = text.trim().split_once(' ')?;
        let (key, rest) = unquote(rest)?;
        let action = match verb {
            "get" => return rest.is_empty().then_some(TextOp { key, action: TextAction::Get }),
            "put" => TextAction::Put,
            "append" => TextAction::Append,
            _ => return None,
        };
        let (text, rest) = unquote(rest.strip_prefix(' ')?)?;
        rest.is_empty().then(|| TextOp { key, action: action(text) })
    }
}

/// Reads a text as `{:?}` writes it, in quotes and with its escapes, and what stands behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut read = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((read, chars.as_str())),
            '\\' => read.push(match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'u' => {
                    let (digits, rest) = chars.as_str().strip_prefix('{')?.split_once('}')?;
                    chars = rest.chars();
                    char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
                }
                plain @ ('"' | '\\' | '\'') => plain,
                _ => return None,
            }),
            plain => read.push(plain),
        }
    }
}

impl Model for TextKv {
    /// A text that begins none of those read can only be overwritten: all such texts are one.
    fn quotient(acts: &[Act<'_, Self>]) -> Option<Quotient<Self>> {
        let mut read = BTreeMap::<String, Vec<String>>::new();
        for act in acts {
            if let Some(TextReply::Text(text)) = act.reply {
                read.entry(act.op.key.clone()).or_default().push(text.clone());
            }
        }
        let mut unseen = String::from("\u{0}");
        while read.values().flatten().any(|text| text.starts_with(&unseen)) {
            unseen.push('\u{0}');
        }
        read.values_mut().for_each(|texts| texts.sort_unstable());
        Some(Box::new(move |mut state| {
            for (key, text) in &mut state.0 {
                let texts = read.get(key).map_or(&[][..], Vec::as_slice);
                let next = texts.partition_point(|other| other < text);
                if !texts.get(next).is_some_and(|other| other.starts_with(text.as_str())) {
                    text.clone_from(&unseen);
                }
            }
            state
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_read_what_they_show() {
        let texts =
            ["", "x", "two words", "a \"quote\" and a \\", "\u{0}\n\t\r'", "\u{301}é\u{1f600}"];
        for key in texts {
            let op = |action| TextOp { key: key.into(), action };
            let mut ops = vec![op(TextAction::Get)];
            ops.extend(texts.map(|text| op(TextAction::Put(text.into()))));
            ops.extend(texts.map(|text| op(TextAction::Append(text.into()))));
            for op in ops {
                let shown = TextKv::show_op(&op);
                assert_eq!(TextKv::read_op(&shown), Some(op), "{shown}");
            }
        }
        for text in ["", "get", "get x", "get \"x", "get \"x\" 1", "put \"x\"", "put \"\\q\" \"\""]
        {
            assert_eq!(TextKv::read_op(text), None, "{text}");
        }
    }
}
