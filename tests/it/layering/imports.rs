//! Which file uses which: `use` lines and paths, resolved through re-exports to the file that has the definition.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Token, tokens, without_tests};

/// One name that a `use` brings in.
#[derive(Debug)]
struct Import {
    path: Vec<String>,
    /// The name here; `*` for all of a module.
    name: String,
    public: bool,
}

#[derive(Debug)]
struct Module {
    file: String,
    imports: Vec<Import>,
    definitions: BTreeSet<String>,
    /// Words and paths outside `use` lines.
    paths: Vec<Vec<String>>,
}

/// All modules of a crate by their paths; the crate's root is the empty path.
#[derive(Debug, Default)]
pub(super) struct Crate {
    modules: BTreeMap<Vec<String>, Module>,
}

/// Where a path leads.
enum Target {
    Module(Vec<String>),
    /// Something defined in this module.
    Item(Vec<String>),
}

/// Edges between files, from the one that uses to the one that is used.
pub(super) type Graph = BTreeMap<String, BTreeSet<String>>;

impl Crate {
    /// Reads files, each with its path relative to `src`.
    pub(super) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        // The binary is a crate of its own.
        let files = files.into_iter().filter(|(file, _)| *file != "main.rs");
        let modules = files.map(|(file, source)| (module_path(file), Module::new(file, source)));
        Self { modules: modules.collect() }
    }

    /// Every file with the files that it uses. A name that a file only makes public for others to use it from there is no use
    /// of the file's own; it counts if `public` is set.
    pub(super) fn graph(&self, public: bool) -> Graph {
        let mut graph = Graph::new();
        for (path, module) in &self.modules {
            let mut used = BTreeSet::new();
            // Where a public name is used here as well, it stands among the paths.
            for import in module.imports.iter().filter(|i| public || !i.public) {
                used.extend(self.file_of(path, &import.path));
            }
            for inline in &module.paths {
                used.extend(self.file_of(path, inline));
            }
            used.remove(&module.file);
            graph.insert(module.file.clone(), used);
        }
        graph
    }

    fn file_of(&self, from: &[String], path: &[String]) -> Option<String> {
        match self.resolve(from, path, 0)? {
            Target::Item(module) => Some(self.modules[&module].file.clone()),
            // An imported module alone is no use of it: the paths through it are.
            Target::Module(_) => None,
        }
    }

    /// `None` for a path into another crate, or a word that is no path.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(&[], rest, depth),
            "self" => self.walk(from, rest, depth),
            "super" => self.resolve_in(from.split_last()?.1, rest, depth),
            _ => self.named(from, path, depth),
        }
    }

    /// Paths may begin with several `super`.
    fn resolve_in(&self, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        match path.split_first() {
            Some((first, rest)) if first == "super" => self.resolve_in(module.split_last()?.1, rest, depth),
            _ => self.walk(module, path, depth),
        }
    }

    /// Continues from a module; what it does not name otherwise is taken for an item of its own.
    fn walk(&self, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        if path.is_empty() {
            return Some(Target::Module(module.to_vec()));
        }
        let known = self.modules.contains_key(module);
        self.named(module, path, depth).or_else(|| known.then(|| Target::Item(module.to_vec())))
    }

    /// What the path's first name means within a module.
    fn named(&self, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        // Two modules may import all of each other.
        if depth > 16 {
            return None;
        }
        let (name, rest) = path.split_first()?;
        let here = self.modules.get(module)?;
        let child = [module, std::slice::from_ref(name)].concat();
        let import = here.imports.iter().find(|i| i.name == *name && i.path.first() != Some(name));
        // `mod run; pub use run::run;`: the last name is the function.
        let import = import.or_else(|| here.imports.iter().find(|i| i.name == *name && rest.is_empty()));
        if self.modules.contains_key(&child) && !(rest.is_empty() && import.is_some()) {
            return self.walk(&child, rest, depth + 1);
        }
        if here.definitions.contains(name) {
            return Some(Target::Item(module.to_vec()));
        }
        if let Some(import) = import {
            return match self.resolve(module, &import.path, depth + 1)? {
                Target::Module(target) => self.walk(&target, rest, depth + 1),
                item @ Target::Item(_) => Some(item),
            };
        }
        here.imports.iter().filter(|i| i.name == "*").find_map(|glob| {
            let Target::Module(target) = self.resolve(module, &glob.path, depth + 1)? else { return None };
            self.named(&target, path, depth + 1)
        })
    }
}

impl Module {
    fn new(file: &str, source: &str) -> Self {
        let tokens = without_tests(&tokens(source));
        let (mut imports, mut paths, mut at) = (Vec::new(), Vec::new(), 0);
        while at < tokens.len() {
            let token = tokens[at];
            if token.text == "use" && tokens.get(at + 1).is_some_and(|t| t.is_word() || t.text == "{") {
                let public = at > 0 && matches!(tokens[at - 1].text, "pub" | ")");
                at = read_use(&tokens, at + 1, &[], public, &mut imports);
            } else if token.text == "pub" && tokens.get(at + 1).is_some_and(|t| t.text == "(") {
                at = at + 2 + tokens[at..].iter().position(|t| t.text == ")").unwrap_or(0) - 1;
            } else if token.is_word() {
                let start = at;
                while tokens.get(at + 1).is_some_and(|t| t.text == "::")
                    && tokens.get(at + 2).is_some_and(Token::is_word)
                {
                    at += 2;
                }
                let path = tokens[start..=at].iter().filter(|t| t.is_word()).map(|t| t.text.to_owned());
                let is_field = start > 0 && matches!(tokens[start - 1].text, "." | "mod" | "fn");
                paths.extend((!is_field).then(|| path.collect::<Vec<_>>()));
                at += 1;
            } else {
                at += 1;
            }
        }
        paths.sort();
        paths.dedup();
        Self { file: file.to_owned(), imports, definitions: definitions(&tokens), paths }
    }
}

/// The names of items, wherever in the file they stand.
fn definitions(tokens: &[Token<'_>]) -> BTreeSet<String> {
    const KINDS: [&str; 7] = ["struct", "enum", "fn", "trait", "const", "static", "type"];
    let named = |pair: &&[Token<'_>]| KINDS.contains(&pair[0].text) && pair[1].is_word();
    tokens.windows(2).filter(named).map(|pair| pair[1].text.to_owned()).collect()
}

/// Reads one tree of a `use` and gives the position behind it.
fn read_use(tokens: &[Token<'_>], mut at: usize, prefix: &[String], public: bool, into: &mut Vec<Import>) -> usize {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(at) {
        match token.text {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|t| t.text != "}") {
                    at = read_use(tokens, at, &path, public, into);
                    at += usize::from(tokens.get(at).is_some_and(|t| t.text == ","));
                }
                return at + 1;
            }
            "*" => {
                into.push(Import { path, name: "*".into(), public });
                return at + 1;
            }
            "::" => at += 1,
            "self" if !path.is_empty() => at += 1,
            word if token.is_word() && word != "as" => {
                path.push(word.to_owned());
                at += 1;
            }
            _ => break,
        }
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if tokens.get(at).is_some_and(|t| t.text == "as") {
        name = tokens.get(at + 1).map_or(name, |t| t.text.to_owned());
        at += 2;
    }
    into.push(Import { path, name, public });
    at
}

/// `tui/screens/mod.rs` is `tui::screens`.
fn module_path(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs");
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// Groups of files that use each other, each in alphabetical order.
pub(super) fn circles(graph: &Graph) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|file| (file.as_str(), reach(graph, file))).collect();
    let mut groups = BTreeSet::new();
    for (file, seen) in reached.iter().filter(|(file, seen)| seen.contains(*file)) {
        groups.insert(seen.iter().copied().filter(|other| reached[other].contains(file)).collect::<Vec<_>>());
    }
    groups.into_iter().collect()
}

/// Every file that one uses, directly or through others.
fn reach<'a>(graph: &'a Graph, file: &str) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![file]);
    while let Some(next) = open.pop() {
        for used in graph.get(next).into_iter().flatten() {
            if seen.insert(used.as_str()) {
                open.push(used);
            }
        }
    }
    seen
}

/// Each file of a circle with those of it that it uses.
pub(super) fn describe(graph: &Graph, circle: &[&str]) -> String {
    let line = |file: &&str| {
        let used: Vec<&str> = graph[*file].iter().map(String::as_str).filter(|f| circle.contains(f)).collect();
        format!("    {file} uses {}\n", used.join(", "))
    };
    format!("circle of {} files:\n{}", circle.len(), circle.iter().map(line).collect::<String>())
}
