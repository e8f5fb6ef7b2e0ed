//! Who uses whom: every import and path of a module, followed to the file that defines the thing.

use std::collections::BTreeSet;

use super::{
    house::House,
    source::{Import, Kind},
};

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Something that a module of the same package defines.
    Item(usize),
    /// A module itself.
    Module(usize),
    /// Another crate.
    Crate(String),
}

/// One module uses something of another, or of another crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Who uses.
    pub from: usize,
    /// Who defines: never `Target::Module`.
    pub to: Target,
    /// What is used, as it is written.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
}

/// All arrows but those inside a module.
pub fn arrows(house: &House) -> Vec<Arrow> {
    let mut found = Vec::new();
    for (from, module) in house.modules.iter().enumerate() {
        let scope = &module.scope;
        for import in &scope.imports {
            let to = match (Names { house, from }.resolve(&import.path, true), &import.name) {
                // Whoever takes all that a module has depends on the module; who names it, on what is named through it.
                (Some(Target::Module(module)), None) => Some(Target::Item(module)),
                (Some(Target::Module(_)), Some(_)) => None,
                (to, _) => to,
            };
            found.extend(to.map(|to| Arrow { from, to, name: import.path.join("::"), line: import.line }));
        }
        let paths = scope.mentions.iter().filter(|mention| matches!(mention.kind, Kind::Path | Kind::Token));
        for mention in paths {
            let to = Names { house, from }.resolve(&mention.path, false).filter(|to| !matches!(to, Target::Module(_)));
            found.extend(to.map(|to| Arrow { from, to, name: mention.path.join("::"), line: mention.line }));
        }
    }
    found.retain(|arrow| arrow.to != Target::Item(arrow.from));
    found
}

/// The names that a module sees.
struct Names<'a> {
    house: &'a House,
    from: usize,
}

/// Names that are being looked for: imports may lead in circles.
type Sought = BTreeSet<(usize, String, bool)>;

impl Names<'_> {
    /// What a path leads to. A single word that is written in code may be a variable and is taken for no crate.
    fn resolve(&self, path: &[String], import: bool) -> Option<Target> {
        let first = path.first()?;
        if path.len() == 1 && !import && !self.sees(self.from, first) {
            return None;
        }
        self.path(self.from, path, false, &mut Sought::new())
    }

    /// Whether a word means something here that is not a crate.
    fn sees(&self, module: usize, word: &str) -> bool {
        let scope = &self.house.modules[module].scope;
        scope.types.contains(word)
            || scope.values.contains(word)
            || scope.imports.iter().any(|import| import.name.as_deref().is_none_or(|name| name == word))
    }

    fn path(&self, module: usize, path: &[String], as_module: bool, sought: &mut Sought) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let house = self.house;
        let mut current = match first.as_str() {
            "crate" => Target::Module(house.modules[module].root),
            "self" => Target::Module(module),
            "super" => Target::Module(house.modules[module].parent?),
            name => self
                .lookup(module, name, as_module || !rest.is_empty(), sought)
                .or_else(|| self.other(module, name).filter(|_| path.len() > 1 || !sought.is_empty() || self.imported(module, name)))?,
        };
        while let (Target::Module(module), Some((next, after))) = (&current, rest.split_first()) {
            let module = *module;
            rest = after;
            current = match next.as_str() {
                "self" => Target::Module(module),
                "super" => Target::Module(house.modules[module].parent?),
                // What a module does not define before our eyes, a macro in it defines.
                name => self.lookup(module, name, as_module || !rest.is_empty(), sought).unwrap_or(Target::Item(module)),
            };
        }
        Some(current)
    }

    fn imported(&self, module: usize, name: &str) -> bool {
        self.house.modules[module].scope.imports.iter().any(|import| import.path.first().is_some_and(|first| first == name))
    }

    /// What a name in a module stands for. A module and a function may share one: `as_module` says which is meant.
    fn lookup(&self, module: usize, name: &str, as_module: bool, sought: &mut Sought) -> Option<Target> {
        if !sought.insert((module, name.to_owned(), as_module)) {
            return None;
        }
        let here = &self.house.modules[module];
        let child = here.children.get(name).map(|child| Target::Module(*child));
        if as_module && child.is_some() {
            return child;
        }
        if here.scope.types.contains(name) || !as_module && here.scope.values.contains(name) {
            return Some(Target::Item(module));
        }
        let named = |import: &&Import| import.name.as_deref() == Some(name);
        let through = here.scope.imports.iter().filter(named).find_map(|import| self.path(module, &import.path, as_module, sought));
        through.or(child).or_else(|| {
            let all = here.scope.imports.iter().filter(|import| import.name.is_none());
            all.filter_map(|import| self.path(module, &import.path, true, sought)).collect::<Vec<_>>().into_iter().find_map(|target| {
                let Target::Module(other) = target else { return None };
                self.lookup(other, name, as_module, sought)
            })
        })
    }

    /// Another crate, or the package's own library as its programs name it.
    fn other(&self, module: usize, name: &str) -> Option<Target> {
        let package = &self.house.packages[self.house.modules[module].package];
        if package.name == name {
            return package.library.map(Target::Module);
        }
        package.dependencies.contains(name).then(|| Target::Crate(name.to_owned()))
    }
}
