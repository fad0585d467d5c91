//! Blocks of keys and values, their signs in one column, and values as TOML writes them.

use super::super::vocabulary::Section;
use serde_json::Value;
use std::fmt::Write as _;

/// A section, an element of a list, or the keys above all sections.
pub(super) struct Block {
    header: String,
    keys: Vec<(String, String)>,
    /// Whether it is written though it says nothing.
    stays: bool,
}

impl Block {
    pub fn top() -> Block {
        Block { header: String::new(), keys: Vec::new(), stays: false }
    }
    pub fn section(name: &str) -> Block {
        Block { header: format!("[{name}]"), keys: Vec::new(), stays: false }
    }
    pub fn element(name: &str) -> Block {
        Block { header: format!("[[{name}]]"), keys: Vec::new(), stays: true }
    }

    /// A key with a value that is TOML already.
    pub fn value(&mut self, key: &str, value: String) {
        self.keys.push((key.to_owned(), value));
    }
    pub fn text(&mut self, key: &str, text: &str) {
        self.value(key, quoted(text));
    }
    pub fn options(&mut self, keys: &Section) {
        for (key, value) in keys {
            if let Some(value) = inline(value) {
                self.value(key, value);
            }
        }
    }

    /// Writes it, unless it says nothing.
    pub fn end(self, out: &mut String) {
        if self.keys.is_empty() && !self.stays {
            return;
        }
        if !self.header.is_empty() {
            let _ = writeln!(out, "\n{}", self.header);
        }
        let width = self.keys.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        for (key, value) in &self.keys {
            let _ = writeln!(out, "{key:width$} = {value}");
        }
    }
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    // JSON escapes all that TOML wants escaped, but for the one control character above the others.
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A value on one line; none for nothing, of which TOML knows nothing.
pub(super) fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(keys) => {
            let pair =
                |(key, value): (&String, &Value)| Some(format!("{key} = {}", inline(value)?));
            let pairs: Vec<String> = keys.iter().filter_map(pair).collect();
            if pairs.is_empty() { "{}".into() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
    })
}

/// A list of names, on several lines when it is long.
pub(super) fn wrapped(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    let short = format!("[{}]", names.join(", "));
    if short.len() <= 90 {
        return short;
    }
    format!("[\n    {},\n]", names.join(",\n    "))
}
