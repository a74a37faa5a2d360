//! `.gitattributes` (specification, section 4): reading files, macros, look-up.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use gix_object::bstr::{BStr, BString, ByteSlice};

use super::error::Error;
use super::pattern::{Pattern, Scratch};
use crate::{c_text, limits};

/// What a line says of an attribute; cheap to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// `a`
    True,
    /// `-a`
    False,
    /// `!a`: as if nobody had said anything, and lower lines are not asked.
    Unspecified,
    /// `a=v`
    Value(Rc<[u8]>),
}

impl State {
    /// Whether it is this value.
    pub fn is(&self, expected: &str) -> bool {
        matches!(self, State::Value(value) if **value == *expected.as_bytes())
    }
}

/// An attribute's place in [`Names`].
type Attribute = usize;

/// The names that matter, numbered: attributes that are asked for, and macros that bring them.
#[derive(Default, Debug)]
struct Names(HashMap<BString, Attribute>);

impl Names {
    fn add(&mut self, name: &[u8]) -> Attribute {
        let next = self.0.len();
        *self.0.entry(name.into()).or_insert(next)
    }

    fn find(&self, name: &[u8]) -> Option<Attribute> {
        self.0.get(name.as_bstr()).copied()
    }
}

#[derive(Debug)]
struct Line {
    pattern: Pattern,
    states: Vec<(Attribute, State)>,
}

/// One file's lines that count.
#[derive(Debug, Default)]
pub struct File {
    lines: Vec<Line>,
}

/// The attributes that `git archive` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// `export-ignore`
    pub export_ignore: Option<State>,
    /// `export-subst`
    pub export_subst: Option<State>,
    /// `text`
    pub text: Option<State>,
    /// `crlf`, the old name of `text`
    pub crlf: Option<State>,
    /// `eol`
    pub eol: Option<State>,
    /// `ident`
    pub ident: Option<State>,
    /// `working-tree-encoding`
    pub encoding: Option<State>,
    /// `filter`
    pub filter: Option<State>,
}

/// The attributes of an [`Answer`], in its order; they have the numbers of their places here.
const ASKED: [&str; 8] =
    ["export-ignore", "export-subst", "text", "crlf", "eol", "ident", "working-tree-encoding", "filter"];

/// All attribute lines of a tree, and who is asked first.
pub struct Attributes {
    names: Names,
    ignore_case: bool,
    macros: HashMap<Attribute, Rc<[(Attribute, State)]>>,
    /// From the root down to the folder that is being walked: the length of its path, and its file.
    stack: Vec<(usize, Rc<File>)>,
    /// The file that is asked before all others.
    overruling: Rc<File>,
    /// The states found for the path that is being asked about.
    found: Vec<Option<State>>,
    touched: Vec<Attribute>,
    /// Room that is used again for each question.
    pending: Vec<(Attribute, State)>,
    scratch: Scratch,
    lines: usize,
    /// What lines and macros take, in bytes.
    memory: usize,
    /// How often lines were compared with paths.
    comparisons: u64,
    /// How many states were looked at for that.
    states: u64,
}

impl Attributes {
    /// No lines yet. `ignore_case` makes patterns match in any case.
    pub fn new(ignore_case: bool) -> Self {
        let mut attributes = Attributes {
            names: Names::default(),
            ignore_case,
            macros: HashMap::new(),
            stack: Vec::new(),
            overruling: Rc::default(),
            found: Vec::new(),
            touched: Vec::new(),
            pending: Vec::new(),
            scratch: Scratch::default(),
            lines: 0,
            memory: 0,
            comparisons: 0,
            states: 0,
        };
        for name in ASKED {
            attributes.names.add(name.as_bytes());
        }
        // It brings -diff and -merge as well, for which nobody asks.
        let (binary, text) = (attributes.names.add(b"binary"), attributes.names.add(b"text"));
        attributes.macros.insert(binary, Rc::new([(text, State::False)]));
        attributes
    }

    /// Find out which macros in these files matter, before any file is read: the root's and the server's.
    ///
    /// # Errors
    /// For too many of them.
    pub fn find_macros(&mut self, contents: &[&[u8]]) -> Result<(), Error> {
        let too_many = Error::Limit { what: "the number of attribute macros" };
        let mut macros = Vec::new();
        for line in contents.iter().flat_map(|content| lines(content)) {
            if let Some((Subject::Macro(name), states)) = subject(line) {
                macros.push((name, states));
            }
            if macros.len() > limits::ATTRIBUTES_MACROS {
                return Err(too_many);
            }
        }
        // Macros bring macros.
        for _ in 0..limits::ATTRIBUTES_MACRO_DEPTH {
            let known = self.names.0.len();
            for (name, states) in &macros {
                let names = &self.names;
                let matters = |word| state(word).is_some_and(|(name, _)| names.find(name).is_some());
                if names.find(name).is_none() && words(states).any(matters) {
                    self.names.add(name);
                }
            }
            if self.names.0.len() == known {
                return Ok(());
            }
        }
        Err(too_many)
    }

    /// Read a `.gitattributes` blob. Macros count in the root's file only (and in the server's), and only if they were found
    /// before.
    ///
    /// # Errors
    /// For too many lines, and for such as take too much memory.
    pub fn parse(&mut self, content: &[u8], is_root: bool) -> Result<File, Error> {
        let mut file = File::default();
        for line in lines(content) {
            self.lines += 1;
            if self.lines > limits::ATTRIBUTES_LINES {
                return Err(Error::Limit { what: "the number of attribute lines" });
            }
            let Some((subject, states)) = subject(line) else { continue };
            let Some(states) = self.parse_states(states) else { continue };
            match subject {
                Subject::Macro(name) => {
                    if let Some(name) = self.names.find(&name).filter(|_| is_root) {
                        self.macros.insert(name, states.into());
                    }
                }
                // Nobody asks for anything that it says.
                Subject::Pattern(_) if states.is_empty() => {}
                Subject::Pattern(pattern) => {
                    let pattern = Pattern::new(&pattern, self.ignore_case);
                    self.memory += size_of::<Line>() + pattern.memory();
                    file.lines.push(Line { pattern, states });
                }
            }
            if self.memory > limits::ATTRIBUTES_MEMORY {
                return Err(Error::Limit { what: "the memory that attribute lines take" });
            }
        }
        Ok(file)
    }

    /// The states that matter, each attribute's last. `None` where one bad name spoils the line.
    fn parse_states(&mut self, rest: &[u8]) -> Option<Vec<(Attribute, State)>> {
        let mut states = Vec::new();
        for word in words(rest) {
            let (name, state) = state(word)?;
            if let Some(attribute) = self.names.find(name) {
                states.push((attribute, state));
            }
        }
        // The one on the right is taken first, and no other after it.
        let mut seen = HashSet::new();
        states.reverse();
        states.retain(|(attribute, _)| seen.insert(*attribute));
        states.reverse();
        let bytes = |state: &Claim<'_>| match state {
            Claim::Value(value) => value.len(),
            _ => 0,
        };
        self.memory += states.iter().map(|(_, state)| size_of::<(Attribute, State)>() + bytes(state)).sum::<usize>();
        Some(states.into_iter().map(|(attribute, state)| (attribute, State::from(state))).collect())
    }

    /// The walk enters a folder: `path` is empty for the root, and has no slash at its end.
    pub fn enter(&mut self, path: &BStr, file: Rc<File>) {
        self.stack.push((path.len(), file));
    }

    /// This file is asked before all others.
    pub fn overrule(&mut self, file: File) {
        self.overruling = Rc::new(file);
    }

    /// Leave the folders below `depth`: 1 keeps the root alone.
    pub fn leave_to(&mut self, depth: usize) {
        self.stack.truncate(depth);
    }

    /// What holds for a path: relative to the root, without a slash at the end.
    ///
    /// # Errors
    /// Where too many lines have been compared with too many paths.
    pub fn ask(&mut self, path: &BStr, is_directory: bool) -> Result<Answer, Error> {
        for attribute in self.touched.drain(..) {
            self.found[attribute] = None;
        }
        self.found.resize(self.names.0.len(), None);
        let stack = std::mem::take(&mut self.stack);
        let overruling = self.overruling.clone();
        let lines: usize = stack.iter().map(|(_, file)| file.lines.len()).sum();
        // A step is much less work than a comparison, and so is a state.
        let steps = std::mem::take(&mut self.scratch.steps) / 8 + std::mem::take(&mut self.states) / 2;
        self.comparisons += (overruling.lines.len() + lines) as u64 + steps;
        if self.comparisons > limits::ATTRIBUTES_COMPARISONS {
            return Err(Error::Limit { what: "the number of attribute lines times the number of entries" });
        }
        let name = path.rsplit_once_str(b"/").map_or(path, |(_, name)| name.as_bstr());
        self.look_up(&overruling, path, name, is_directory);
        for (folder, file) in stack.iter().rev() {
            let start = if *folder == 0 { 0 } else { folder + 1 };
            self.look_up(file, path.get(start..).unwrap_or_default().as_bstr(), name, is_directory);
        }
        self.stack = stack;
        let mut states = (0..ASKED.len()).map(|asked| self.found[asked].clone().filter(|s| *s != State::Unspecified));
        let mut next = || states.next().flatten();
        Ok(Answer {
            export_ignore: next(),
            export_subst: next(),
            text: next(),
            crlf: next(),
            eol: next(),
            ident: next(),
            encoding: next(),
            filter: next(),
        })
    }

    /// Take what a file's lines say of a path, which is relative to its folder.
    fn look_up(&mut self, file: &File, path: &BStr, name: &BStr, is_directory: bool) {
        for line in file.lines.iter().rev() {
            if line.pattern.matches(path, name, is_directory, &mut self.scratch) {
                self.fill(&line.states);
            }
        }
    }

    /// Take the states of a line, from right to left, each where nothing is known yet.
    ///
    /// A macro that becomes true brings its members at that moment. The list grows at its end alone, so that no recursion
    /// is needed; an attribute is filled once, so that macros that name each other come to an end.
    fn fill(&mut self, states: &[(Attribute, State)]) {
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(states);
        self.states += states.len() as u64;
        while let Some((attribute, state)) = pending.pop() {
            if self.found[attribute].is_some() {
                continue;
            }
            if let Some(members) = self.macros.get(&attribute).filter(|_| state == State::True) {
                pending.extend_from_slice(members);
                self.states += members.len() as u64;
            }
            self.found[attribute] = Some(state);
            self.touched.push(attribute);
        }
        self.pending = pending;
    }
}

/// The lines of a file that git reads.
fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let content = if content.len() >= limits::ATTRIBUTES_FILE_BYTES { b"" } else { content };
    let lines = c_text::up_to_nul(content).split(|byte| *byte == b'\n');
    lines.filter(|line| line.len() < limits::ATTRIBUTES_LINE_BYTES)
}

/// What a line is about.
enum Subject {
    /// `[attr]NAME`
    Macro(Vec<u8>),
    Pattern(Vec<u8>),
}

/// That, and the states behind it; `None` for lines that say nothing.
fn subject(line: &[u8]) -> Option<(Subject, &[u8])> {
    let line = c_text::trim_start(line);
    if matches!(line.first(), None | Some(b'#')) {
        return None;
    }
    let (pattern, states) = c_text::unquote(line).unwrap_or_else(|| {
        let (word, rest) = c_text::take_word(line);
        (word.to_vec(), rest)
    });
    if let Some(name) = pattern.strip_prefix(b"[attr]").filter(|name| !name.is_empty()) {
        let (name, _) = c_text::take_word(c_text::trim_start(name));
        return is_name(name).then(|| (Subject::Macro(name.to_vec()), states));
    }
    (pattern.first() != Some(&b'!')).then_some((Subject::Pattern(pattern), states))
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| c_text::is_space(*byte)).filter(|word| !word.is_empty())
}

/// A [`State`] that is still in its line.
enum Claim<'a> {
    True,
    False,
    Unspecified,
    Value(&'a [u8]),
}

impl From<Claim<'_>> for State {
    fn from(claim: Claim<'_>) -> Self {
        match claim {
            Claim::True => State::True,
            Claim::False => State::False,
            Claim::Unspecified => State::Unspecified,
            Claim::Value(value) => State::Value(value.into()),
        }
    }
}

/// `name`, `-name`, `!name`, `name=value`; `None` where the name is bad.
fn state(word: &[u8]) -> Option<(&[u8], Claim<'_>)> {
    let (name, value) = match word.split_once_str(b"=") {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let (name, state) = match (name.split_first(), value) {
        (Some((b'-', name)), _) => (name, Claim::False),
        (Some((b'!', name)), _) => (name, Claim::Unspecified),
        (_, Some(value)) => (name, Claim::Value(value)),
        (_, None) => (name, Claim::True),
    };
    is_name(name).then_some((name, state))
}

fn is_name(name: &[u8]) -> bool {
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name[0] != b'-' && name.iter().all(good) && !name.starts_with(b"builtin_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(files: &[(&str, &str)], path: &str, is_directory: bool) -> Answer {
        let mut attributes = Attributes::new(false);
        attributes.find_macros(&[files[0].1.as_bytes()]).unwrap();
        for (folder, text) in files {
            let file = attributes.parse(text.as_bytes(), folder.is_empty()).unwrap();
            attributes.enter((*folder).into(), Rc::new(file));
        }
        attributes.ask(path.into(), is_directory).unwrap()
    }

    fn ignored(text: &str, path: &str) -> bool {
        ask(&[("", text)], path, false).export_ignore == Some(State::True)
    }

    #[test]
    fn the_last_line_of_the_deepest_file_decides() {
        assert!(ignored("a export-ignore\n", "a"));
        assert!(!ignored("a export-ignore\na -export-ignore\n", "a"));
        assert!(!ignored("a export-ignore\na !export-ignore\n", "a"));
        assert!(!ignored("a export-ignore=true\n", "a"));
        let files = [("", "*.c export-ignore"), ("d", "a.c -export-ignore")];
        assert_eq!(ask(&files, "d/a.c", false).export_ignore, Some(State::False));
        assert_eq!(ask(&files, "d/b.c", false).export_ignore, Some(State::True));
    }

    #[test]
    fn macros_expand_where_they_become_true() {
        let text = |text| ask(&[("", text)], "a", false).text;
        assert_eq!(text("a binary"), Some(State::False));
        assert_eq!(text("a binary text"), Some(State::True));
        assert_eq!(text("a text binary"), Some(State::False));
        assert_eq!(text("a text\na -binary"), Some(State::True));
        assert!(ignored("[attr]gone export-ignore\na gone", "a"));
        assert!(!ignored("[attr]gone export-ignore\na gone -export-ignore", "a"));
        assert!(!ignored("[attr]gone export-ignore\na gone\na !gone", "a"));
        assert!(ignored("[attr]x y\n[attr]y x export-ignore\na x", "a"));
        let deep = [("", ""), ("d", "[attr]gone export-ignore\na gone")];
        assert_eq!(ask(&deep, "d/a", false).export_ignore, None);
    }

    #[test]
    fn odd_lines_are_read_as_git_reads_them() {
        assert!(ignored("\"a b\" export-ignore", "a b"));
        assert!(ignored("\"a\\303\\251\" export-ignore", "a\u{e9}"));
        assert!(ignored("\"a\"text export-ignore", "a"));
        assert!(ignored("\"a export-ignore", "\"a"));
        assert!(!ignored("!a export-ignore", "!a"));
        assert!(!ignored("\"[attr]keep\" -export-ignore\nx export-ignore\nx keep", "x"));
        assert!(ignored("x export-ignore\n\"y\\000b\" -export-ignore", "x"));
        assert!(!ignored("x export-ignore\n\"x\\000b\" -export-ignore", "x"));
        assert!(ignored("\\!a export-ignore", "!a"));
        assert!(!ignored("a export-ignore # why", "a"));
        assert!(!ignored("a export-ignore b@d", "a"));
        assert!(!ignored("\u{feff}a export-ignore", "a"));
        assert!(!ignored("a text\0\na export-ignore", "a"));
        assert!(ignored("  a\texport-ignore\r", "a"));
        let long = format!("a {} export-ignore", "x".repeat(2048));
        assert!(!ignored(&long, "a"));
        assert_eq!(ask(&[("", "a eol=crlf ident")], "a", false).eol, Some(State::Value(b"crlf"[..].into())));
    }
}
