//! Sources of pictures as somebody names them: folders, shards, pictures and patterns, and how a run writes them down.

use std::path::{Component, Path, PathBuf, absolute};

use anyhow::{Context, bail};
use glob::Pattern;

/// Patterns replaced by what they match, sorted; every path once. What is there under the very name is no pattern.
///
/// # Errors
/// A source that does not exist, with the folder in which it was looked for, or a pattern that matches nothing.
pub fn expand(sources: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    if sources.is_empty() {
        bail!("no training data given; name folders of pictures or tar shards");
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    for source in sources {
        let mut found = Vec::new();
        if Path::new(source).exists() {
            found.push(PathBuf::from(source));
        } else if is_pattern(source) {
            found = matches(source)?;
            if found.is_empty() {
                bail!("no file matches `{source}`{}", place(source));
            }
        } else {
            bail!("`{source}` does not exist{}; give a folder, a tar shard, a picture or a pattern", place(source));
        }
        for path in found {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

fn is_pattern(source: &str) -> bool {
    source.contains(['*', '?', '['])
}

/// Where a relative source was looked for.
fn place(source: &str) -> String {
    match std::env::current_dir() {
        Ok(folder) if Path::new(source).is_relative() => format!(" in {}", folder.display()),
        _ => String::new(),
    }
}

/// What a pattern matches, sorted. Folders that are there under the very name, such as `set [v1]`, are no part of the pattern;
/// where that finds nothing, all brackets stand for themselves.
fn matches(source: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut literal = PathBuf::new();
    let mut pattern = PathBuf::new();
    for part in Path::new(source).components() {
        literal.push(part);
        match part {
            Component::Normal(name) if literal.exists() => pattern.push(Pattern::escape(&name.to_string_lossy())),
            part => pattern.push(part),
        }
    }
    let found = glob(&pattern.to_string_lossy()).with_context(|| format!("`{source}` is not a file pattern"));
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        other if !source.contains('[') => other,
        other => match glob(&source.replace('[', "[[]")) {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => other,
        },
    }
}

fn glob(pattern: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = glob::glob(pattern)?.collect::<Result<Vec<_>, _>>()?;
    found.sort();
    Ok(found)
}

/// A source as a run's settings write it down: where it is relative, relative to the run's folder, so that both can be moved
/// together and the run be resumed from anywhere.
pub fn to_run(source: &str, run: &Path) -> String {
    let path = Path::new(source);
    let (Ok(target), Ok(run), true) = (absolute(path), without_links(run), path.is_relative()) else {
        return source.to_owned();
    };
    let same = target.components().zip(run.components()).take_while(|(one, other)| one == other).count();
    let up = run.components().skip(same).map(|_| Component::ParentDir);
    let written: PathBuf = up.chain(target.components().skip(same)).collect();
    written.to_str().map_or(source.to_owned(), str::to_owned)
}

/// A source that a run's settings hold, from where the program stands now. Runs of earlier programs hold sources relative to where
/// they were begun; those are taken where the others find nothing.
pub fn from_run(source: &str, run: &Path) -> String {
    let path = Path::new(source);
    let (Ok(mut beside), true) = (without_links(run), path.is_relative()) else { return source.to_owned() };
    // Without links in it, the way up is that of the names.
    for part in path.components() {
        match part {
            Component::ParentDir => drop(beside.pop()),
            part => beside.push(part),
        }
    }
    let Some(text) = beside.to_str() else { return source.to_owned() };
    let is_there = |source: &str| Path::new(source).exists() || matches(source).is_ok_and(|found| !found.is_empty());
    if is_there(text) || !is_there(source) { text.to_owned() } else { source.to_owned() }
}

/// An absolute path; without links where it is there.
fn without_links(path: &Path) -> std::io::Result<PathBuf> {
    path.canonicalize().or_else(|_| absolute(path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn names(folder: &TempDir, pattern: &str) -> Vec<String> {
        let source = format!("{}/{pattern}", folder.path().display());
        let relative = |path: PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
        expand(&[source]).map(|found| found.into_iter().map(relative).collect()).unwrap_or_default()
    }

    #[test]
    fn brackets_of_a_name_are_no_pattern() {
        let folder = TempDir::new().unwrap();
        for path in ["set [v1]/x-train-0.tar", "set [v1]/[a].tar", "sets/[v2]/b.tar", "plain/c1.tar", "plain/c2.tar"] {
            fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
            fs::write(folder.path().join(path), "").unwrap();
        }
        assert_eq!(names(&folder, "set [v1]/x-train-0.tar"), ["set [v1]/x-train-0.tar"]);
        assert_eq!(names(&folder, "set [v1]/*-train-*.tar"), ["set [v1]/x-train-0.tar"]);
        assert_eq!(names(&folder, "set [v1]/[a].*"), ["set [v1]/[a].tar"]);
        assert_eq!(names(&folder, "*/[v2]/*.tar"), ["sets/[v2]/b.tar"]);
        assert_eq!(names(&folder, "plain/c[12].tar"), ["plain/c1.tar", "plain/c2.tar"]);
        assert_eq!(names(&folder, "set [v2]/*.tar"), [""; 0]);
    }

    #[test]
    fn what_a_run_holds_is_relative_to_it() {
        assert_eq!(to_run("data/set", Path::new("runs/one")), "../../data/set");
        assert_eq!(to_run("runs/one/set", Path::new("runs/one")), "set");
        assert_eq!(to_run("/data/*.tar", Path::new("runs/one")), "/data/*.tar");
        let folder = TempDir::new().unwrap();
        let run = folder.path().join("run");
        fs::create_dir_all(folder.path().join("set")).unwrap();
        fs::create_dir_all(&run).unwrap();
        let there = folder.path().canonicalize().unwrap();
        assert_eq!(from_run("../set", &run), there.join("set").display().to_string());
        // A link to the run leads to the pictures beside the run and not to those beside the link.
        #[cfg(unix)]
        {
            fs::create_dir_all(folder.path().join("links")).unwrap();
            std::os::unix::fs::symlink(&run, folder.path().join("links/run")).unwrap();
            assert_eq!(from_run("../set", &folder.path().join("links/run")), there.join("set").display().to_string());
        }
        assert_eq!(from_run("/set", &run), "/set");
        // Relative to where this test runs, as earlier programs wrote it.
        assert_eq!(from_run("src", &run), "src");
    }
}
