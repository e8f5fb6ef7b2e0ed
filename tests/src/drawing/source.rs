//! One source file: what it defines, imports and mentions, with the line of each. What is compiled for tests alone is left
//! out. It does not say what a name stands for.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, GenericArgument, ImplItem, Item, PathArguments, Type, UseTree,
    visit::{self, Visit},
};

/// What kind of mention it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A path in a type, an expression, a pattern or an import.
    Path,
    /// The name of a macro that is called.
    Macro,
    /// The name of a method that is called, with `()` where it is given nothing.
    Method,
    /// A path or word in what a macro or an attribute is given.
    Token,
    /// `Result<_, String>`.
    TextError,
}

/// A place where something is mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Which kind.
    pub kind: Kind,
    /// The path's parts, without generic arguments.
    pub path: Vec<String>,
    /// The line, from 1.
    pub line: usize,
}

/// One name that a `use` brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// What is imported; for `*` the module before it.
    pub path: Vec<String>,
    /// What it is called here; none for `*`.
    pub name: Option<String>,
    /// The line, from 1.
    pub line: usize,
}

/// A module that is declared.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// The file that `#[path]` names.
    pub path: Option<String>,
    /// What stands between its braces; none where it is a file.
    pub scope: Option<Scope>,
}

/// A module's own text: a file, or what stands between a module's braces.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Types, traits and macros that are defined here: what a path may go on from.
    pub types: BTreeSet<String>,
    /// Functions, constants and statics that are defined here.
    pub values: BTreeSet<String>,
    /// What is imported, inside of functions too.
    pub imports: Vec<Import>,
    /// What is mentioned.
    pub mentions: Vec<Mention>,
    /// Modules that are declared.
    pub modules: Vec<Declared>,
}

impl Scope {
    /// All mentions, those in modules between braces too; an import is a mention of its path.
    pub fn all_mentions(&self) -> Vec<Mention> {
        let imports = self.imports.iter().map(|import| Mention { kind: Kind::Path, path: import.path.clone(), line: import.line });
        let inner = self.modules.iter().filter_map(|module| module.scope.as_ref()).flat_map(Scope::all_mentions);
        self.mentions.iter().cloned().chain(imports).chain(inner).collect()
    }
}

/// Reads a file's text.
///
/// # Errors
/// When it is not Rust.
pub fn read(text: &str) -> syn::Result<Scope> {
    let file = syn::parse_file(text)?;
    Ok(if for_tests(&file.attrs) { Scope::default() } else { scope(&file.items) })
}

fn scope(items: &[Item]) -> Scope {
    let mut reader = Reader { scope: Scope::default() };
    for item in items.iter().filter(|item| !for_tests(attributes(item))) {
        reader.define(item);
        reader.visit_item(item);
    }
    reader.scope
}

/// Whether something is compiled for tests alone.
fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        path.is_ident("test") || path.is_ident("cfg") && attribute.meta.require_list().is_ok_and(|list| needs_test(list.tokens.clone()))
    })
}

/// `test`, or `all(…)` with `test` in it.
fn needs_test(condition: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = condition.into_iter().collect();
    tokens.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')).any(|part| match part {
        [TokenTree::Ident(word)] => word == "test",
        [TokenTree::Ident(word), TokenTree::Group(inner)] => word == "all" && needs_test(inner.stream()),
        _ => false,
    })
}

struct Reader {
    scope: Scope,
}

impl Reader {
    fn define(&mut self, item: &Item) {
        let (names, name) = match item {
            Item::Const(item) => (&mut self.scope.values, &item.ident),
            Item::Fn(item) => (&mut self.scope.values, &item.sig.ident),
            Item::Static(item) => (&mut self.scope.values, &item.ident),
            Item::Enum(item) => (&mut self.scope.types, &item.ident),
            Item::Macro(syn::ItemMacro { ident: Some(name), .. }) => (&mut self.scope.types, name),
            Item::Struct(item) => (&mut self.scope.types, &item.ident),
            Item::Trait(item) => (&mut self.scope.types, &item.ident),
            Item::TraitAlias(item) => (&mut self.scope.types, &item.ident),
            Item::Type(item) => (&mut self.scope.types, &item.ident),
            Item::Union(item) => (&mut self.scope.types, &item.ident),
            _ => return,
        };
        names.insert(plain(name));
    }

    fn mention(&mut self, kind: Kind, path: Vec<String>, span: Span) {
        self.scope.mentions.push(Mention { kind, path, line: span.start().line });
    }

    fn import(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[plain(name)]].concat();
        // `{self}` is the module before it.
        let own = |name: &syn::Ident| if name == "self" && !before.is_empty() { before.to_vec() } else { with(name) };
        let (path, name, span) = match tree {
            UseTree::Path(part) => return self.import(&part.tree, &with(&part.ident)),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, before)),
            UseTree::Name(name) => (own(&name.ident), own(&name.ident).last().cloned(), name.ident.span()),
            UseTree::Rename(name) => (own(&name.ident), Some(plain(&name.rename)), name.ident.span()),
            UseTree::Glob(glob) => (before.to_vec(), None, glob.star_token.spans[0]),
        };
        self.scope.imports.push(Import { path, name, line: span.start().line });
    }

    /// Paths, words and methods in tokens that only a macro understands.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let punct = |place: usize, sign: char| matches!(tokens.get(place), Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
        let joined = |place: usize| punct(place, ':') && punct(place + 1, ':');
        let mut place = 0;
        while let Some(token) = tokens.get(place) {
            let begin = place;
            place += 1;
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(word) => {
                    let mut path = vec![plain(word)];
                    while let (true, Some(TokenTree::Ident(next))) = (joined(place), tokens.get(place + 2)) {
                        path.push(plain(next));
                        place += 3;
                    }
                    let after = |sign| begin > 0 && punct(begin - 1, sign);
                    let given = match tokens.get(place) {
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream().is_empty()),
                        _ => joined(place).then_some(false),
                    };
                    match (after('.'), after(':') && begin > 1 && punct(begin - 2, ':')) {
                        (true, _) if given.is_some() => {
                            let nothing = if given == Some(true) { "()" } else { "" };
                            self.mention(Kind::Method, vec![plain(word) + nothing], word.span());
                        }
                        // A field, or the rest of a path whose beginning was something else.
                        (true, _) | (_, true) => {}
                        _ if punct(place, '!') && !punct(place + 1, '=') => {
                            self.mention(Kind::Macro, path.clone(), word.span());
                            self.mention(Kind::Token, path, word.span());
                        }
                        _ => self.mention(Kind::Token, path, word.span()),
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

/// Visits what has attributes unless it is compiled for tests alone.
macro_rules! unless_for_tests {
    ($($visit:ident: $kind:ty),*) => {
        $(fn $visit(&mut self, node: &'ast $kind) {
            if !for_tests(&node.attrs) {
                visit::$visit(self, node);
            }
        })*
    };
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let path = module.attrs.iter().find(|attribute| attribute.path().is_ident("path")).and_then(|attribute| {
            let Ok(value) = attribute.meta.require_name_value() else { return None };
            if let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &value.value { Some(text.value()) } else { None }
        });
        let scope = module.content.as_ref().map(|(_, items)| scope(items));
        self.scope.modules.push(Declared { name: plain(&module.ident), path, scope });
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, &[]);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => return,
        };
        if !for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    unless_for_tests! {
        visit_field: syn::Field,
        visit_variant: syn::Variant,
        visit_arm: syn::Arm,
        visit_field_value: syn::FieldValue,
        visit_local: syn::Local,
        visit_expr_block: syn::ExprBlock,
        visit_stmt_macro: syn::StmtMacro
    }

    /// `pub(super)` and `pub(in crate::x)` import nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words = path.segments.iter().map(|segment| plain(&segment.ident)).collect();
        let span = path.segments.first().map_or_else(Span::call_site, |segment| segment.ident.span());
        self.mention(Kind::Path, words, span);
        if path.segments.iter().any(fails_with_text) {
            self.mention(Kind::TextError, vec!["Result<_, String>".to_owned()], span);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(name) = call.path.segments.last() {
            self.mention(Kind::Macro, vec![plain(&name.ident)], name.ident.span());
        }
        visit::visit_macro(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let nothing = if call.args.is_empty() { "()" } else { "" };
        self.mention(Kind::Method, vec![plain(&call.method) + nothing], call.method.span());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.tokens(tokens.clone());
    }
}

fn fails_with_text(segment: &syn::PathSegment) -> bool {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return false };
    let text = |argument: &GenericArgument| match argument {
        GenericArgument::Type(Type::Path(kind)) => kind.path.segments.last().is_some_and(|last| last.ident == "String"),
        _ => false,
    };
    segment.ident == "Result" && arguments.args.iter().nth(1).is_some_and(text)
}

/// A name without the `r#` that lets it be a keyword.
fn plain(name: &syn::Ident) -> String {
    let text = name.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
