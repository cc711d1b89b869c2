//! Files that need each other in a circle cannot be read, moved or understood one by one: imports go one way.
//!
//! Sources are parsed from each crate's root along its `mod` lines, tests left out. A part may use what its parents define,
//! which is how privacy is meant, so that an arrow from a part up to its parents counts as none; all others do, also through
//! re-exports.

use super::places::files;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// Names from the crate's root on.
type Module = Vec<String>;

#[derive(Default)]
struct Crate {
    /// the file of each module
    files: BTreeMap<Module, PathBuf>,
    /// what stands in a module by this name
    defined: BTreeSet<(Module, String)>,
    /// what a `use` brought there, and where from
    brought: BTreeMap<(Module, String), Module>,
    /// modules of which everything was brought there
    globs: BTreeMap<Module, Vec<Module>>,
    /// every path, with the module that it stands in
    paths: Vec<(Module, Module)>,
}

impl Crate {
    fn read(root: &Path) -> Self {
        let mut seen = Self::default();
        seen.files.insert(Vec::new(), root.to_owned());
        let folder = root.parent().unwrap().to_owned();
        let mut reader = Reader { seen: &mut seen, at: Vec::new(), file: root.to_owned(), folder };
        reader.visit_file(&parsed(root));
        seen
    }

    /// The module of what a path names. What nobody has a word for is taken as the last module's: a macro may have made it.
    fn home(&self, path: &[String], depth: usize) -> Module {
        let mut at = Module::new();
        for (i, name) in path.iter().enumerate() {
            let next = [&at[..], std::slice::from_ref(name)].concat();
            let here = (at.clone(), name.clone());
            if self.files.contains_key(&next) {
                at = next;
                continue;
            }
            let from = self.brought.get(&here).cloned().or_else(|| {
                let mut globs = self.globs.get(&at)?.iter().map(|from| [&from[..], std::slice::from_ref(name)].concat());
                globs.find(|from| self.has(from))
            });
            match from.filter(|_| depth > 0 && !self.defined.contains(&here)) {
                Some(from) => return self.home(&[&from[..], &path[i + 1..]].concat(), depth - 1),
                None => return at,
            }
        }
        at
    }

    fn has(&self, path: &Module) -> bool {
        let Some((name, at)) = path.split_last() else { return false };
        let here = (at.to_vec(), name.clone());
        self.files.contains_key(path) || self.defined.contains(&here) || self.brought.contains_key(&here)
    }

    /// Which file uses which.
    fn arrows(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        let mut arrows: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (from, path) in &self.paths {
            let to = self.home(path, 8);
            let (here, there) = (self.files[from].as_path(), self.files[&to].as_path());
            let parents = || (0..=from.len()).filter_map(|n| self.files.get(&from[..n]));
            if parents().all(|parent| parent != there) {
                arrows.entry(here).or_default().insert(there);
            }
        }
        arrows
    }

    /// A shortest circle of each knot of files.
    fn circles(&self) -> Vec<Vec<&Path>> {
        let arrows = self.arrows();
        let mut found: Vec<Vec<&Path>> = Vec::new();
        let mut knotted: BTreeSet<&Path> = BTreeSet::new();
        for start in arrows.keys().copied() {
            if let Some(circle) = way(&arrows, start, start).filter(|_| !knotted.contains(start)) {
                found.push(circle);
                let tied = |file: &&&Path| way(&arrows, start, file).is_some() && way(&arrows, file, start).is_some();
                knotted.extend(arrows.keys().filter(tied));
            }
        }
        found
    }
}

/// The shortest way along the arrows, without its end.
fn way<'a>(arrows: &BTreeMap<&'a Path, BTreeSet<&'a Path>>, start: &'a Path, end: &Path) -> Option<Vec<&'a Path>> {
    let mut before: BTreeMap<&Path, &Path> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(file) = next.pop_front() {
        for to in arrows.get(file).into_iter().flatten() {
            if *to == end {
                let mut way = vec![file];
                while way.last() != Some(&start) {
                    way.push(before[way.last().unwrap()]);
                }
                way.reverse();
                return Some(way);
            }
            if !before.contains_key(to) {
                before.insert(to, file);
                next.push_back(to);
            }
        }
    }
    None
}

fn parsed(file: &Path) -> syn::File {
    syn::parse_file(&std::fs::read_to_string(file).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// `#[cfg(test)]`, and what stands in for it in the contract of stores.
fn is_test(attrs: &[syn::Attribute]) -> bool {
    let names_test = |a: &syn::Attribute| matches!(&a.meta, syn::Meta::List(l) if l.tokens.to_string().contains("test"));
    attrs.iter().any(|a| a.path().is_ident("cfg") && names_test(a))
}

struct Reader<'a> {
    seen: &'a mut Crate,
    at: Module,
    file: PathBuf,
    folder: PathBuf,
}

impl Reader<'_> {
    /// From the crate's root on. A name of another crate comes out as one of this module, which has none such.
    fn whole(&self, names: &[String]) -> Module {
        let mut whole = self.at.clone();
        let mut rest = names.iter().peekable();
        if rest.next_if(|n| *n == "crate").is_some() {
            whole.clear();
        }
        while let Some(name) = rest.next_if(|n| *n == "self" || *n == "super") {
            if name == "super" {
                whole.pop();
            }
        }
        whole.extend(rest.cloned());
        whole
    }

    fn path(&mut self, names: &[String]) {
        if !names.is_empty() {
            let whole = self.whole(names);
            self.seen.paths.push((self.at.clone(), whole));
        }
    }

    fn brings(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: &syn::Ident| -> Module { before.iter().cloned().chain([name.to_string()]).collect() };
        match tree {
            syn::UseTree::Path(p) => self.brings(&with(&p.ident), &p.tree),
            syn::UseTree::Group(g) => g.items.iter().for_each(|t| self.brings(before, t)),
            syn::UseTree::Glob(_) => {
                let from = self.whole(before);
                self.seen.paths.push((self.at.clone(), from.clone()));
                self.seen.globs.entry(self.at.clone()).or_default().push(from);
            }
            syn::UseTree::Name(n) if n.ident == "self" => self.brought(before, before.last()),
            syn::UseTree::Name(n) => self.brought(&with(&n.ident), Some(&n.ident.to_string())),
            syn::UseTree::Rename(r) if r.ident == "self" => self.brought(before, Some(&r.rename.to_string())),
            syn::UseTree::Rename(r) => self.brought(&with(&r.ident), Some(&r.rename.to_string())),
        }
    }

    fn brought(&mut self, names: &[String], by: Option<&String>) {
        self.path(names);
        let from = self.whole(names);
        // a name of another crate would lead back to itself
        if let Some(by) = by.filter(|by| from != [&self.at[..], &[(*by).clone()]].concat()) {
            self.seen.brought.insert((self.at.clone(), by.clone()), from);
        }
    }

    /// Paths in what a macro is given.
    fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let mut names = Module::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.path(&std::mem::take(&mut names));
                    }
                    names.push(name.to_string());
                    colons = 0;
                }
                proc_macro2::TokenTree::Punct(p) if p.as_char() == ':' => colons += 1,
                other => {
                    self.path(&std::mem::take(&mut names));
                    colons = 0;
                    if let proc_macro2::TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(&names);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (attrs, name): (&[syn::Attribute], Option<&syn::Ident>) = match item {
            syn::Item::Fn(i) => (&i.attrs, Some(&i.sig.ident)),
            syn::Item::Struct(i) => (&i.attrs, Some(&i.ident)),
            syn::Item::Enum(i) => (&i.attrs, Some(&i.ident)),
            syn::Item::Trait(i) => (&i.attrs, Some(&i.ident)),
            syn::Item::Type(i) => (&i.attrs, Some(&i.ident)),
            syn::Item::Const(i) => (&i.attrs, Some(&i.ident)),
            syn::Item::Static(i) => (&i.attrs, Some(&i.ident)),
            syn::Item::Macro(i) => (&i.attrs, i.ident.as_ref()),
            syn::Item::Mod(i) => (&i.attrs, None),
            syn::Item::Use(i) => (&i.attrs, None),
            syn::Item::Impl(i) => (&i.attrs, None),
            _ => (&[], None),
        };
        if !is_test(attrs) {
            self.seen.defined.extend(name.map(|name| (self.at.clone(), name.to_string())));
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        let child: Module = self.at.iter().chain([&name]).cloned().collect();
        if item.content.is_some() {
            self.seen.files.insert(child.clone(), self.file.clone());
            let before = std::mem::replace(&mut self.at, child);
            visit::visit_item_mod(self, item);
            self.at = before;
            return;
        }
        let (beside, within) = (self.folder.join(format!("{name}.rs")), self.folder.join(&name).join("mod.rs"));
        let file = if within.is_file() { within } else { beside };
        self.seen.files.insert(child.clone(), file.clone());
        let folder = self.folder.join(&name);
        Reader { seen: &mut *self.seen, at: child, file: file.clone(), folder }.visit_file(&parsed(&file));
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.brings(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.path(&path.segments.iter().map(|s| s.ident.to_string()).collect::<Module>());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

/// The roots of all crates of the house. The second client is none: it is one person whose verbs stand in several files.
fn roots() -> Vec<PathBuf> {
    let is_root = |name: &str| name.ends_with("/src/lib.rs") || name.ends_with("/src/main.rs");
    let ours = files().into_iter().filter(|(name, _)| is_root(name) && !name.starts_with("tests/second-client/"));
    ours.map(|(_, path)| path).collect()
}

/// Seen red with the seven knots that stood here, among them `verdict`, `otherwise` and `verify`; `columns` and `row`; the client's
/// step and the rows that it holds.
#[test]
fn no_files_of_a_crate_need_each_other_in_a_circle() {
    let mut found = Vec::new();
    let mut arrows = 0;
    for root in roots() {
        let read = Crate::read(&root);
        arrows += read.arrows().values().map(BTreeSet::len).sum::<usize>();
        for circle in read.circles() {
            found.push(circle.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join("\n  -> "));
        }
    }

    assert!(arrows > 1000, "{arrows} arrows: the search is blind");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What the search looks through: names that were brought elsewhere, by `*`, under another name, inside of macros and inline modules.
#[test]
fn a_circle_is_found_whichever_way_it_is_named() {
    let ways = [
        ("use super::Two;", "pub use b::Two; pub struct Four;"),
        ("use crate::*; fn f() -> Two { todo() }", "pub use b::Two;"),
        ("use crate::b as other; fn f() -> other::Two { todo() }", ""),
        ("fn f() { assert!(crate::b::two() == 2) }", ""),
        ("mod inner { fn f() -> super::super::b::Two { todo() } }", ""),
    ];
    for (one, root) in ways {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("lib.rs", &format!("mod a; mod b; #[cfg(test)] mod tests; {root}"));
        write("a.rs", &format!("pub struct One; {one}"));
        write("b.rs", "use crate::a::One; pub struct Two; pub fn two() -> u8 { 2 }");

        let read = Crate::read(&folder.path().join("lib.rs"));

        let names: Vec<&str> = read.circles()[0].iter().map(|f| f.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.rs", "b.rs"], "{one}");
        write("b.rs", "pub struct Two; pub fn two() -> u8 { 2 }");
        assert!(Crate::read(&folder.path().join("lib.rs")).circles().is_empty(), "{one}");
    }
}
