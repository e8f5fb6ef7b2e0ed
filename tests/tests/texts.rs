//! What the page says: every sentence of index.html and of the page's code stands in every language's file, and nothing else does.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use plural::Plural;
use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use xtask::tools::root;

/// The page's own, which no other package sees.
#[path = "../../web/src/page/language/plural.rs"]
mod plural;

/// A language's sentences by their English text, each with its forms.
fn sentences(file: &Path) -> BTreeMap<String, Vec<(String, String)>> {
    let text = fs::read_to_string(file).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let messages = read["messages"].as_object().expect("messages");
    let forms = |message: &Value| match message {
        Value::String(text) => vec![(String::new(), text.clone())],
        Value::Object(forms) => forms.iter().map(|(form, text)| (form.clone(), text.as_str().unwrap_or_default().to_owned())).collect(),
        other => panic!("{}: {other} is no translation", file.display()),
    };
    // A name that stands twice would hide its first translation.
    for english in messages.keys() {
        let written = format!("\n    {}: ", serde_json::to_string(english).unwrap());
        assert_eq!(text.matches(&written).count(), 1, "{} has `{english}` twice", file.display());
    }
    messages.iter().map(|(english, message)| (english.clone(), forms(message))).collect()
}

/// The languages' files by their tags.
fn languages() -> BTreeMap<String, PathBuf> {
    let files = fs::read_dir(root().join("web/languages")).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| (file.file_stem().unwrap().to_string_lossy().into_owned(), file)).collect()
}

/// The sentences in code: what is made a `Text`, and what `say!` says.
fn in_code(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |place: usize| match tokens.get(place) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        Some(TokenTree::Punct(mark)) => mark.to_string(),
        _ => String::new(),
    };
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let says = place >= 2 && word(place - 1) == "!" && word(place - 2) == "say";
        if says || place >= 1 && word(place - 1) == "Text" {
            let literal = group.stream().into_iter().find_map(|token| match token {
                TokenTree::Literal(literal) => syn::parse_str::<syn::LitStr>(&literal.to_string()).ok(),
                _ => None,
            });
            found.extend(literal.map(|literal| literal.value()));
        }
        in_code(group.stream(), found);
    }
}

/// Every Rust file below a folder, but for those of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true if path.ends_with("tests") => {}
            true => sources(&path, found),
            false if path.extension().is_some_and(|ending| ending == "rs") => found.push(path),
            false => {}
        }
    }
}

/// The texts of a document that people read or hear. It is read as far as index.html needs it: there are no comments in its body, no `>` in
/// its attributes, and no text that is written as HTML's code for it.
fn in_document(html: &str) -> BTreeSet<String> {
    const WITHOUT_END: [&str; 3] = ["input", "link", "meta"];
    let (_, body) = html.split_once("<body").unwrap();
    let (mut found, mut same): (BTreeSet<String>, Vec<bool>) = (BTreeSet::new(), Vec::new());
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        if tag.starts_with('!') {
            continue;
        }
        let name = tag.split_whitespace().next().unwrap_or_default();
        if name.starts_with('/') {
            same.pop();
        } else {
            let kept = same.last() == Some(&true) || tag.contains("translate=\"no\"");
            let attributes = ["aria-label=\"", "placeholder=\"", "alt=\""].into_iter().filter(|_| !kept);
            found.extend(attributes.filter_map(|name| Some(tag.split_once(name)?.1.split_once('"')?.0.to_owned())));
            if !WITHOUT_END.contains(&name) {
                same.push(kept);
            }
        }
        let text = text.trim();
        if same.last() == Some(&false) && text.contains(char::is_alphabetic) {
            found.insert(text.to_owned());
        }
    }
    found
}

/// The names of a sentence's places.
fn places(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
}

/// Everything that the page says, in English.
fn said() -> BTreeSet<String> {
    let mut found = in_document(&fs::read_to_string(root().join("index.html")).unwrap());
    let mut files = Vec::new();
    sources(&root().join("web/src/page"), &mut files);
    for file in files.iter().filter(|file| !file.ends_with("language/mod.rs")) {
        in_code(fs::read_to_string(file).unwrap().parse().unwrap(), &mut found);
    }
    found
}

#[test]
fn every_sentence_is_said_in_every_language_and_none_is_left_over() {
    let said = said();
    assert!(said.len() > 100 && said.contains("Fill") && said.contains("about {count} min"), "the sentences are not found");
    for (tag, file) in languages().into_iter().filter(|(tag, _)| tag != "en") {
        let known: BTreeSet<String> = sentences(&file).into_keys().collect();
        let (missing, unused) = (said.difference(&known).collect::<Vec<_>>(), known.difference(&said).collect::<Vec<_>>());
        assert!(missing.is_empty() && unused.is_empty(), "{tag} lacks {missing:#?} and has unused {unused:#?}");
    }
}

#[test]
fn translations_have_the_places_and_forms_of_their_sentences() {
    let counted: BTreeSet<String> = said().into_iter().filter(|english| places(english).contains("count")).collect();
    for (tag, file) in languages() {
        let sentences = sentences(&file);
        let forms: &[&str] = if Plural::of(&tag, 1) == Plural::One { &["one", "other"] } else { &["other"] };
        for (english, translated) in &sentences {
            for (_, sentence) in translated {
                assert_eq!(places(sentence), places(english), "{tag}: `{english}`");
                assert!(!sentence.trim().is_empty(), "{tag}: `{english}`");
            }
            let has: Vec<&str> = translated.iter().map(|(form, _)| form.as_str()).collect();
            assert_eq!(has, if counted.contains(english) { forms } else { &[""] }, "{tag}: `{english}`");
        }
        // English needs a file for what it counts alone.
        assert!(counted.iter().all(|english| sentences.contains_key(english)), "{tag} lacks something that is counted");
    }
}

#[test]
fn index_html_offers_the_languages_that_there_are() {
    let html = fs::read_to_string(root().join("index.html")).unwrap();
    for tag in languages().keys() {
        assert!(html.contains(&format!("<option value=\"{tag}\" lang=\"{tag}\">")), "{tag}");
    }
}
