//! A reader of EDN, the notation of Clojure's data (<https://github.com/edn-format/edn>), as far as histories
//! use it: tags are read over, and numbers that are not whole are kept as text.

use crate::foreign::Error;

/// A value, with the line that it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edn {
    /// The line, from 1.
    pub line: usize,
    /// The value.
    pub value: Value,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `nil`.
    Nil,
    /// A whole number.
    Int(i64),
    /// `:name`, without the colon.
    Keyword(String),
    /// `"text"`.
    Text(String),
    /// `true`, a symbol, a character, another number: as it is written.
    Word(String),
    /// A vector or a list.
    List(Vec<Edn>),
    /// A set.
    Set(Vec<Edn>),
    /// A map, in the order written.
    Map(Vec<(Edn, Edn)>),
}

impl Edn {
    /// What a map has under a keyword.
    pub fn get(&self, name: &str) -> Option<&Edn> {
        let Value::Map(pairs) = &self.value else { return None };
        let named = |key: &Edn| matches!(&key.value, Value::Keyword(keyword) if keyword == name);
        pairs.iter().find(|(key, _)| named(key)).map(|(_, value)| value)
    }

    /// The keyword that this is.
    pub fn keyword(&self) -> Option<&str> {
        match &self.value {
            Value::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }
}

/// All the values of a text, one after another.
pub fn read(text: &str) -> Result<Vec<Edn>, Error> {
    let mut reader = Reader { text, line: 1, depth: 0 };
    let mut values = Vec::new();
    while let Some(value) = reader.value()? {
        values.push(value);
    }
    match reader.text.chars().next() {
        Some(other) => Err(Error::new(reader.line, format!("`{other}` closes nothing"))),
        None => Ok(values),
    }
}

struct Reader<'t> {
    text: &'t str,
    line: usize,
    depth: usize,
}

/// Deeper values than any history has would exhaust the stack.
const DEEPEST: usize = 100;

impl<'t> Reader<'t> {
    fn skip(&mut self, bytes: usize) -> &'t str {
        let (gone, rest) = self.text.split_at(bytes);
        self.line += gone.bytes().filter(|byte| *byte == b'\n').count();
        self.text = rest;
        gone
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.text.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            self.skip(self.text.len() - rest.len());
            if !self.text.starts_with(';') {
                return;
            }
            self.skip(self.text.find('\n').unwrap_or(self.text.len()));
        }
    }

    /// The next value; none at the end, or before what closes a collection.
    fn value(&mut self) -> Result<Option<Edn>, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::new(self.line, "the values are nested too deeply"));
        }
        let value = self.value_here();
        self.depth -= 1;
        value
    }

    fn value_here(&mut self) -> Result<Option<Edn>, Error> {
        self.skip_space();
        let line = self.line;
        let Some(first) = self.text.chars().next() else { return Ok(None) };
        let value = match first {
            ')' | ']' | '}' => return Ok(None),
            '(' => Value::List(self.items(1, ')')?),
            '[' => Value::List(self.items(1, ']')?),
            '{' => self.map(line)?,
            '"' => self.string()?,
            '#' if self.text.starts_with("#{") => Value::Set(self.items(2, '}')?),
            '#' if self.text.starts_with("#_") => {
                self.skip(2);
                self.wanted(line, "`#_`")?;
                return self.value();
            }
            '#' => {
                let tag = self.word().to_string();
                return self.wanted(line, &format!("`{tag}`")).map(Some);
            }
            _ => atom(self.word()),
        };
        Ok(Some(Edn { line, value }))
    }

    fn wanted(&mut self, line: usize, after: &str) -> Result<Edn, Error> {
        self.value()?.ok_or_else(|| Error::new(line, format!("no value follows {after}")))
    }

    fn items(&mut self, open: usize, close: char) -> Result<Vec<Edn>, Error> {
        let line = self.line;
        self.skip(open);
        let mut items = Vec::new();
        while let Some(item) = self.value()? {
            items.push(item);
        }
        if !self.text.starts_with(close) {
            return Err(Error::new(line, format!("the `{close}` for what begins here is missing")));
        }
        self.skip(1);
        Ok(items)
    }

    fn map(&mut self, line: usize) -> Result<Value, Error> {
        let mut items = self.items(1, '}')?.into_iter();
        let mut pairs = Vec::new();
        while let Some(key) = items.next() {
            let Some(value) = items.next() else {
                return Err(Error::new(line, "this map has a key without a value"));
            };
            pairs.push((key, value));
        }
        Ok(Value::Map(pairs))
    }

    fn string(&mut self) -> Result<Value, Error> {
        let line = self.line;
        let mut text = String::new();
        let mut chars = self.text.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.skip(at + 1);
                    return Ok(Value::Text(text));
                }
                '\\' => match chars.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(other) => text.push(other),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(Error::new(line, "the text that begins here has no end"))
    }

    /// At least one character, up to what separates words.
    fn word(&mut self) -> &'t str {
        let ends = |c: char| c.is_whitespace() || "()[]{}\",;".contains(c);
        let first = self.text.chars().next().map_or(0, char::len_utf8);
        let rest = self.text[first..].find(ends).map_or(self.text.len(), |end| first + end);
        self.skip(rest)
    }
}

fn atom(word: &str) -> Value {
    if word == "nil" {
        return Value::Nil;
    }
    if let Some(keyword) = word.strip_prefix(':') {
        return Value::Keyword(keyword.into());
    }
    let digits = word.strip_suffix('N').unwrap_or(word);
    match digits.parse() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::Word(word.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_histories_hold() {
        let values =
            read("; note\n{:a 1, :b [nil -2N]} #_ gone #inst \"x\\\"y\" #{:c} 1.5").unwrap();
        assert_eq!(values[0].line, 2);
        assert_eq!(values[0].get("a").unwrap().value, Value::Int(1));
        assert!(
            matches!(&values[0].get("b").unwrap().value, Value::List(items) if items.len() == 2)
        );
        assert_eq!(values[1].value, Value::Text("x\"y".into()));
        assert!(matches!(&values[2].value, Value::Set(_)));
        assert_eq!(values[3].value, Value::Word("1.5".into()));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, part) in [
            ("{:a 1\n :b}", 1, "without a value"),
            ("1\n[2\n", 2, "missing"),
            ("\n\n)", 3, "closes nothing"),
            ("[1)", 1, "missing"),
            ("\"abc", 1, "no end"),
            ("\n#tag", 2, "no value follows"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.line == line && error.message.contains(part), "{text:?}: {error}");
        }
        assert!(read(&"[".repeat(100_000)).unwrap_err().message.contains("too deeply"));
    }
}
