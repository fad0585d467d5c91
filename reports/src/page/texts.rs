//! Every text once, as a template and its numbers.
//!
//! What a run says over and over differs in its numbers alone: terms, indices, times. So the page has each template
//! once and of each text the numbers, as how much they are more than in the last text of that template. Most of these
//! are 0 or 1, and deflate to next to nothing.

use serde::Serialize;
use std::collections::BTreeMap;

/// Stands for a number in a template.
const NUMBER: char = '\u{1}';
/// Numbers of more digits than this are left in the template: JavaScript counts exactly to 2^53.
const DIGITS: usize = 15;

/// A text that was named more often than this is told by its place. Most of them are sent once to a few, and soon
/// heard; some, such as the names of timers, come all the time.
const OFTEN: u32 = 12;

/// The texts of a page, in the order of their first use.
#[derive(Default, Serialize)]
pub(super) struct Texts {
    templates: Vec<String>,
    template: Vec<usize>,
    numbers: Vec<i64>,
    /// The place of each text, and how often it was named again.
    #[serde(skip)]
    known: BTreeMap<String, (usize, u32)>,
    #[serde(skip)]
    shapes: BTreeMap<String, usize>,
    /// The numbers of the last text of each template.
    #[serde(skip)]
    last: Vec<Vec<i64>>,
}

impl Texts {
    /// The code of a text in a column: 1 when it is new, and k + 1 when it was the k-th last to be new; where it comes
    /// again and again, its place among all texts, counted from -1 on downwards. 0 is for no text.
    pub fn code(&mut self, text: &str) -> i64 {
        if let Some((place, uses)) = self.known.get_mut(text) {
            *uses += 1;
            let back = self.template.len() - *place;
            return if *uses > OFTEN { !(*place as i64) } else { back as i64 + 1 };
        }
        self.known.insert(text.to_owned(), (self.template.len(), 0));
        let (shape, numbers) = take_apart(text);
        let shape = *self.shapes.entry(shape).or_insert_with_key(|shape| {
            self.templates.push(shape.clone());
            self.last.push(vec![0; numbers.len()]);
            self.templates.len() - 1
        });
        self.template.push(shape);
        for (last, number) in self.last[shape].iter_mut().zip(numbers) {
            self.numbers.push(number - std::mem::replace(last, number));
        }
        1
    }
}

/// A text's template, and its numbers.
fn take_apart(text: &str) -> (String, Vec<i64>) {
    let mut shape = String::with_capacity(text.len());
    let mut numbers = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let digits = rest.bytes().take(DIGITS + 1).take_while(u8::is_ascii_digit).count();
        // Zeros in front would be lost, and what follows a letter is a name.
        let is_number = (1..=DIGITS).contains(&digits)
            && (next != '0' || digits == 1)
            && !before.is_alphanumeric();
        match rest[..digits].parse::<i64>() {
            Ok(number) if is_number => {
                shape.push(NUMBER);
                numbers.push(number);
                (rest, before) = (&rest[digits..], '0');
            }
            _ => {
                // A text that has the mark itself is shown without it.
                shape.push(if next == NUMBER { char::REPLACEMENT_CHARACTER } else { next });
                // Behind zeros that stand in front, the number begins.
                let is_leading = next == '0' && !before.is_alphanumeric();
                (rest, before) = (&rest[next.len_utf8()..], if is_leading { ' ' } else { next });
            }
        }
    }
    (shape, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (String, Vec<i64>) {
        let (shape, numbers) = take_apart(text);
        (shape.replace(NUMBER, "#"), numbers)
    }

    #[test]
    fn numbers_are_told_from_names_and_kept_exactly() {
        assert_eq!(told("term 12, log 3..40"), ("term #, log #..#".into(), vec![12, 3, 40]));
        assert_eq!(told("n1 to c23#4"), ("n1 to c23##".into(), vec![4]));
        assert_eq!(told("in 206.062969ms"), ("in #.0#ms".into(), vec![206, 62_969]));
        assert_eq!(told("0 and 007"), ("# and 00#".into(), vec![0, 7]));
        assert_eq!(told("1234567890123456"), ("1234567890123456".into(), vec![]));
        assert_eq!(told("3f2a"), ("#f2a".into(), vec![3]));
        assert_eq!(told("a\u{1}b"), ("a\u{fffd}b".into(), vec![]));
    }

    #[test]
    fn a_text_is_told_by_what_is_new_in_it() {
        let mut texts = Texts::default();
        let codes = ["at 5", "at 7", "at 5", "on", "at 7", "at 7"].map(|text| texts.code(text));
        assert_eq!(codes, [1, 1, 3, 1, 3, 3]);
        assert_eq!(texts.templates, ["at \u{1}", "on"]);
        assert_eq!(texts.template, [0, 0, 1]);
        assert_eq!(texts.numbers, [5, 2]);
    }
}
