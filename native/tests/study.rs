//! `infill study` as a process: a study made of folders and of a model, and answers counted or refused.

mod support;

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};
use support::{expect, infill, photo, workplace};
use tempfile::TempDir;

/// Six photographs in `photos`, and pictures of the same names in `others`.
fn pictures() -> TempDir {
    let folder = workplace();
    for (name, shift) in [("photos", 0), ("others", 90)] {
        fs::create_dir(folder.path().join(name)).unwrap();
        for number in 0..6 {
            let mut picture = photo(40 + number, 36);
            picture.pixels_mut().for_each(|pixel| pixel.0[0] = pixel.0[0].wrapping_add(shift));
            picture.save(folder.path().join(format!("{name}/{number}.png"))).unwrap();
        }
    }
    folder
}

const MAKE: &str = "study --data photos --answers other=others --count 4 --checks 2 -o made";

/// The answers of a person: `wrong` says of a pair of the key whether the other picture is chosen.
fn answers(folder: &Path, person: &str, wrong: impl Fn(&Value) -> bool) -> Value {
    let key = support::json(&folder.join("made/key.json"));
    let answer = |question: &Value| {
        let pair = &question["pairs"][0];
        let chosen = if wrong(pair) { "left" } else { "right" };
        json!({ "left": pair["other"], "right": pair["photograph"], "chosen": chosen, "shown": 3001, "answered": 812 })
    };
    let answers: Vec<Value> = key["questions"].as_array().unwrap().iter().map(answer).collect();
    json!({ "format": "infill-study-answers 1", "study": key["study"], "person": person, "seconds": 3, "answers": answers })
}

fn save(folder: &Path, name: &str, answers: &Value) {
    fs::write(folder.join(name), answers.to_string()).unwrap();
}

#[test]
fn the_page_does_not_tell_and_the_key_does() {
    let folder = pictures();
    let path = folder.path();
    expect(&infill(path, MAKE), 0, &[]);
    let html = fs::read_to_string(path.join("made/page/index.html")).unwrap();
    for word in ["other", "others", "0.png", "\"method\"", "check"] {
        let told = &html[html.find("application/json").unwrap()..];
        assert!(!told.contains(word), "`{word}` is in {told}");
    }
    assert!(html.contains("connect-src 'none'"), "{html}");
    let key = support::json(&path.join("made/key.json"));
    let questions = key["questions"].as_array().unwrap();
    assert_eq!(questions.len(), 6);
    let mut names = BTreeSet::new();
    let mut first = 0;
    for pair in questions.iter().map(|question| &question["pairs"][0]) {
        let read = |kind: &str| {
            let name = pair[kind].as_str().unwrap().to_owned();
            let picture = image::open(path.join(format!("made/page/pictures/{name}.png"))).unwrap().to_rgb8();
            (name, picture)
        };
        let ((photograph, original), (other, answer)) = (read("photograph"), read("other"));
        assert!(html.contains(&photograph) && html.contains(&other));
        assert!(original == photo(original.width(), 36) && answer != original);
        first += usize::from(photograph < other);
        names.extend([photograph, other]);
    }
    assert!(names.len() == 12 && names.iter().all(|name| name.len() == 16 && name.chars().all(|letter| letter.is_ascii_hexdigit())));
    assert_eq!(fs::read_dir(path.join("made/page/pictures")).unwrap().count(), 12);
    assert!(first > 0 && first < 6, "the photograph is always the first or the last by name");

    // The same command makes the same study, and does not overwrite one unasked.
    expect(&infill(path, MAKE), 3, &["key.json", "--force"]);
    expect(&infill(path, &format!("{MAKE} --force")), 0, &[]);
    assert_eq!(support::json(&path.join("made/key.json")), key);
    expect(&infill(path, &format!("{MAKE} --force --seed 1")), 0, &[]);
    assert_ne!(support::json(&path.join("made/key.json"))["study"], key["study"]);
    assert_eq!(fs::read_dir(path.join("made/page/pictures")).unwrap().count(), 12);
}

#[test]
fn a_models_answers_are_drawn_and_stand_beside_a_folders() {
    let folder = pictures();
    let command = "study --data photos --model model.infill --answers other=others --case inpaint-centre,colorize --count 2 --checks 1 \
                   --steps 2 --device cpu --seconds 2,5 --post https://example.org/a?b -o made";
    expect(&infill(folder.path(), command), 0, &[]);
    let key = support::json(&folder.path().join("made/key.json"));
    assert_eq!(key["methods"], json!(["other", "model, inpaint-centre", "model, colorize"]));
    assert_eq!(key["seconds"], json!([2, 5]));
    let sizes = key["questions"].as_array().unwrap().iter().map(|question| question["pairs"].as_array().unwrap().len());
    assert_eq!(sizes.sum::<usize>(), 3 + 3 + 1);
    let html = fs::read_to_string(folder.path().join("made/page/index.html")).unwrap();
    assert!(html.contains("connect-src https://example.org;"), "{html}");
    let name = key["questions"][0]["pairs"][0]["photograph"].as_str().unwrap();
    let picture = image::open(folder.path().join(format!("made/page/pictures/{name}.png"))).unwrap();
    assert_eq!((picture.width(), picture.height()), (16, 16));
}

#[test]
fn what_makes_no_study_is_named() {
    let folder = pictures();
    let path = folder.path();
    let with_code = |code: i32, arguments: &str, texts: &[&str]| expect(&infill(path, &format!("study {arguments} -o made")), code, texts);
    let refused = |arguments: &str, texts: &[&str]| with_code(3, arguments, texts);
    let wrong = |arguments: &str, texts: &[&str]| with_code(2, arguments, texts);
    let answers = "--data photos --answers other=others";
    refused(&format!("{answers} --count 5 --checks 2"), &["need 7", "there are 6"]);
    wrong(&format!("{answers} --count 0"), &["--count"]);
    wrong(&format!("{answers} --post somewhere"), &["somewhere", "https://"]);
    wrong("--data photos --answers a=others --answers a=photos --count 2", &["two methods", "`a`"]);
    wrong("--data photos --model model.infill --case paint --count 2 --device cpu", &["paint", "inpaint-centre"]);
    fs::remove_file(path.join("others/3.png")).unwrap();
    refused(&format!("{answers} --count 6 --checks 0"), &["1 of 6", "photos/3.png"]);
    photo(30, 36).save(path.join("others/3.png")).unwrap();
    refused(&format!("{answers} --count 6 --checks 0"), &["30×36", "43×36"]);
    photo(30, 36).save(path.join("others/3.jpg")).unwrap();
    refused(&format!("{answers} --count 6 --checks 0"), &["3.jpg", "3.png", "one name"]);
    expect(&infill(path, "study --data photos --answers others"), 2, &["NAME=DIR"]);
    expect(&infill(path, "study --data photos --seconds 4"), 2, &["4", "5"]);
    expect(&infill(path, "study"), 2, &["--data"]);
    assert!(!path.join("made/key.json").exists());
    // A folder that only happens to be called so is not replaced.
    fs::create_dir_all(path.join("made/page")).unwrap();
    refused(&format!("{answers} --count 2 --checks 0"), &["made/page exists", "--force"]);
}

#[test]
fn answers_are_counted_and_who_does_not_look_is_dropped() {
    let folder = pictures();
    let path = folder.path();
    expect(&infill(path, MAKE), 0, &[]);
    let is_check = |pair: &Value| pair["method"].is_null();
    save(path, "sharp.json", &answers(path, "a", |_| false));
    save(path, "fooled.json", &answers(path, "b", |pair| !is_check(pair)));
    save(path, "asleep.json", &answers(path, "c", |_| true));
    save(path, "sharp (1).json", &answers(path, "a", |_| false));
    let mut command = support::command(path, "study -o made --results sharp.json fooled.json asleep.json");
    let output = command.arg("sharp (1).json").output().unwrap();
    expect(&output, 0, &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    // Wilson for 4 of 8.
    for text in ["3 people, 1 dropped", "2 counted", "1 files hold the same", "| other | 3 s | 50.0 % | 21.5 to 78.5 % | 8 | 2 |"] {
        assert!(said.contains(text), "`{text}` is not in {said}");
    }
    let output = infill(path, "study -o made --misses 2 --results sharp.json fooled.json asleep.json");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("0 dropped") && said.contains("| other | 3 s | 66.7 % | 39.1 to 86.2 % | 12 | 3 |"), "{said}");
    expect(&infill(path, "study -o made --results asleep.json"), 3, &["nobody is left"]);
}

#[test]
fn answers_of_another_study_and_damaged_ones_are_refused() {
    let folder = pictures();
    let path = folder.path();
    expect(&infill(path, MAKE), 0, &[]);
    let whole = answers(path, "a", |_| false);
    let refused = |answers: &Value, texts: &[&str]| {
        save(path, "given.json", answers);
        expect(&infill(path, "study -o made --results given.json"), 3, &[&["given.json"], texts].concat());
    };
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut answers = whole.clone();
        change(&mut answers);
        answers
    };
    refused(&changed(&|answers| answers["study"] = "0123456789abcdef".into()), &["0123456789abcdef"]);
    refused(&changed(&|answers| answers["format"] = "infill-study-answers 9".into()), &["answers 9"]);
    refused(&changed(&|answers| answers["person"] = "".into()), &["no person"]);
    refused(&changed(&|answers| answers["seconds"] = 5.into()), &["5 s"]);
    refused(&changed(&|answers| answers["answers"][1]["chosen"] = "both".into()), &["both"]);
    refused(&changed(&|answers| answers["answers"][1]["left"] = "beef".into()), &["beef"]);
    refused(&changed(&|answers| answers["answers"][1]["shown"] = (-1).into()), &["below zero"]);
    refused(&changed(&|answers| answers["answers"][1] = answers["answers"][0].clone()), &["answered twice"]);
    refused(&changed(&|answers| drop(answers["answers"].as_array_mut().unwrap().pop())), &["1 of 6"]);
    refused(&changed(&|answers| answers["more"] = 1.into()), &["more"]);
    refused(&json!([1]), &[]);
    fs::write(path.join("cut.json"), &whole.to_string()[..200]).unwrap();
    expect(&infill(path, "study -o made --results cut.json"), 3, &["cut.json", "no whole file"]);

    save(path, "one.json", &whole);
    save(path, "two.json", &answers(path, "a", |_| true));
    expect(&infill(path, "study -o made --results one.json two.json"), 3, &["one.json", "two.json", "one person"]);
    expect(&infill(path, "study -o nowhere --results one.json"), 3, &["nowhere"]);
    fs::write(path.join("made/key.json"), "{}").unwrap();
    expect(&infill(path, "study -o made --results one.json"), 3, &["key.json"]);
}
