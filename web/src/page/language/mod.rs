//! The page's languages. A sentence is found by its English text, so that index.html and the code stay readable and a sentence without a
//! translation is shown in English. A translation is a line in web/languages/; a new language is a file there and a line in `LANGUAGES`.
//!
//! A sentence in code is a `Text`, or stands in `say!` with the values for its places. tests/tests/browser/languages.rs finds both, and the texts of
//! index.html, and fails where a language lacks one or has one that nothing says.

mod plural;

use std::{collections::BTreeMap, fmt::Display, rc::Rc};

use serde::Deserialize;

use plural::Plural;

/// A sentence of the page in English, which its translations are found by. `{name}` is a place for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(pub &'static str);

/// A sentence with its values, in a language: `say!(language, "Opening “{name}”…", name = file)`. A value named `count` is a number, by
/// which the sentence's form is chosen.
macro_rules! say {
    ($language:expr, $text:literal, count = $count:expr) => {
        $language.counted($crate::page::language::Text($text), $count)
    };
    ($language:expr, $text:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $language.filled($crate::page::language::Text($text), &[$((stringify!($name), &$value as &dyn std::fmt::Display)),*])
    };
}
pub(crate) use say;

/// Every language: its tag (BCP 47) and its file. What it is called stands in index.html.
const LANGUAGES: [(&str, &str); 6] = [
    ("en", include_str!("../../../languages/en.json")),
    ("de", include_str!("../../../languages/de.json")),
    ("es", include_str!("../../../languages/es.json")),
    ("fr", include_str!("../../../languages/fr.json")),
    ("ja", include_str!("../../../languages/ja.json")),
    ("zh-Hans", include_str!("../../../languages/zh-Hans.json")),
];

/// A language's file.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Messages {
    /// Which way it is written: `ltr` or `rtl`.
    direction: String,
    /// What stands between whole numbers and tenths.
    decimal: char,
    /// Translations by the English sentence.
    messages: BTreeMap<String, Message>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Message {
    /// Of one form.
    Plain(String),
    /// Of one form for each kind of number.
    Counted(BTreeMap<Plural, String>),
}

/// A language of the page. A copy is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Language {
    tag: &'static str,
    messages: Rc<Messages>,
}

impl Default for Language {
    /// English.
    fn default() -> Self {
        Self::at(0)
    }
}

impl Language {
    fn at(place: usize) -> Self {
        let (tag, file) = LANGUAGES[place];
        Self { tag, messages: Rc::new(serde_json::from_str(file).expect("a language's file is tested")) }
    }

    /// The first of the wanted tags that the page has, in any of its countries: `de-AT` is `de`. Else English.
    pub fn suited<'a>(wanted: impl IntoIterator<Item = &'a str>) -> Self {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let place = |wanted: &str| LANGUAGES.iter().position(|(tag, _)| primary(tag) == primary(wanted));
        Self::at(wanted.into_iter().find_map(place).unwrap_or(0))
    }

    /// Its tag.
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// Which way it is written: `ltr` or `rtl`.
    pub fn direction(&self) -> &str {
        &self.messages.direction
    }

    /// A sentence without places.
    pub fn text(&self, text: Text) -> String {
        self.found(text.0).to_owned()
    }

    /// A text of index.html, or itself where it is none of words.
    pub fn found<'a>(&'a self, english: &'a str) -> &'a str {
        match self.messages.messages.get(english) {
            Some(Message::Plain(text)) => text,
            Some(Message::Counted(_)) | None => english,
        }
    }

    /// A sentence with the values for its places.
    pub fn filled(&self, text: Text, values: &[(&str, &dyn Display)]) -> String {
        fill(self.found(text.0), values)
    }

    /// A sentence that counts something, in the form for that number. Its place is `{count}`.
    pub fn counted(&self, text: Text, count: usize) -> String {
        let form = match self.messages.messages.get(text.0) {
            Some(Message::Counted(forms)) => forms.get(&Plural::of(self.tag, count)).or_else(|| forms.get(&Plural::Other)),
            Some(Message::Plain(form)) => Some(form),
            None => None,
        };
        fill(form.map_or(text.0, String::as_str), &[("count", &count)])
    }

    /// A number with so many decimals, as it is written in this language.
    pub fn number(&self, value: f64, decimals: usize) -> String {
        format!("{value:.decimals$}").replace('.', &self.messages.decimal.to_string())
    }
}

/// Puts values into the places of a sentence, in one go: what a value says is no place.
fn fill(sentence: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut parts = sentence.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, after) = part.split_once('}').unwrap_or((part, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled += &value.to_string();
        }
        filled += after;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_can_be_read_and_is_found_by_its_tag() {
        for (place, (tag, _)) in LANGUAGES.into_iter().enumerate() {
            let language = Language::suited([tag]);
            assert_eq!(language, Language::at(place));
            assert!(["ltr", "rtl"].contains(&language.direction()), "{tag}");
        }
    }

    #[test]
    fn the_browsers_wishes_are_met_in_their_order() {
        let suited = |wanted: &[&str]| Language::suited(wanted.iter().copied()).tag();
        assert_eq!(suited(&["de-AT", "en"]), "de");
        assert_eq!(suited(&["pt-BR", "FR-ca", "de"]), "fr");
        assert_eq!(suited(&["zh-CN"]), "zh-Hans");
        assert_eq!((suited(&["eo"]), suited(&[])), ("en", "en"));
    }

    #[test]
    fn values_are_put_in_once() {
        assert_eq!(fill("“{name}” has {width} × {height}", &[("name", &"{width}"), ("width", &3), ("height", &4)]), "“{width}” has 3 × 4");
        assert_eq!(fill("plain", &[]), "plain");
    }

    #[test]
    fn what_is_counted_has_the_form_of_its_number() {
        let minutes = |tag: &str, count| say!(Language::suited([tag]), "about {count} min", count = count);
        assert_eq!((minutes("en", 1), minutes("en", 2)), ("about 1 minute".to_owned(), "about 2 minutes".to_owned()));
        assert_eq!((minutes("de", 1), minutes("de", 2)), ("etwa 1 Minute".to_owned(), "etwa 2 Minuten".to_owned()));
        assert_eq!(minutes("ja", 1), "約1分");
    }

    #[test]
    fn decimals_are_written_as_people_write_them() {
        assert_eq!(
            (Language::suited(["en"]).number(1.25, 1), Language::suited(["fr"]).number(1.25, 1)),
            ("1.2".to_owned(), "1,2".to_owned())
        );
    }
}
