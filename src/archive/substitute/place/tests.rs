//! Lines as projects have them, and what a hostile reader makes of their kin.

use foreign::Foreign;
use gix_hash::ObjectId;

use super::super::grammar::{Decoration, Grammar};
use super::super::hole::{Hole, Piece, Sign};
use super::{Place, places};

const ID: &str = "0123456789abcdef0123456789abcdef01234567";

/// What git makes of a file, with holes for all that only the forge knows. `%H` and dates are known.
fn pieces(file: &str) -> Vec<Piece> {
    let bytes = |text: &str| Piece::Bytes(text.as_bytes().to_vec());
    let (mut pieces, mut rest) = (Vec::new(), file);
    while let Some((before, (format, behind))) =
        rest.split_once("$Format:").and_then(|(before, rest)| Some((before, rest.split_once('$')?)))
    {
        pieces.push(bytes(before));
        rest = behind;
        let mut format = format;
        while let Some((before, placeholder)) = format.split_once('%') {
            let length = match placeholder.as_bytes()[0] {
                b'(' => placeholder.find(')').unwrap() + 1,
                b'a' | b'c' => 2,
                _ => 1,
            };
            pieces.push(bytes(before));
            pieces.push(match &placeholder[..length] {
                "H" => bytes(ID),
                "ci" => bytes("2023-11-14 23:13:20 +0100"),
                placeholder => hole(placeholder),
            });
            format = &placeholder[length..];
        }
        pieces.push(bytes(format));
    }
    pieces.push(bytes(rest));
    pieces
}

fn hole(placeholder: &str) -> Piece {
    let grammar = match placeholder {
        "h" | "t" => Grammar::Abbreviations([ObjectId::from_hex(ID.as_bytes()).unwrap()].into()),
        _ => Grammar::Refs(Decoration::bare()),
    };
    let placeholder = Foreign::from(placeholder);
    Piece::Hole(Hole { placeholder, grammar, sign: Sign::None, padded: None, only_ascii: false })
}

/// Whether every hole of the file may be filled: ids with any number of digits, others with plain words.
fn is_accepted(path: &str, file: &str) -> bool {
    let pieces = pieces(file);
    let holes: Vec<&Hole> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Bytes(_) => None,
            Piece::Hole(hole) => Some(hole),
        })
        .collect();
    let places = places(&pieces, path.as_bytes());
    assert_eq!(holes.len(), places.len());
    assert!(!holes.is_empty(), "{file}");
    let takes = |hole: &Hole, place: &Place| match hole.grammar {
        Grammar::Abbreviations(_) => place.takes_ids(),
        _ => place.takes_words(b"main", 0..4),
    };
    holes.into_iter().zip(&places).all(|(hole, place)| takes(hole, place))
}

/// As real projects have them, in their own words.
const ACCEPTED: [(&str, &str); 71] = [
    // Version files of packaging tools.
    (
        "p/.git_archival.txt",
        "node: $Format:%H$\nnode-date: $Format:%ci$\ndescribe-name: $Format:%(describe:tags=true)$\nref-names: $Format:%D$\n",
    ),
    ("p/.git_archival.txt", "ref-names: $Format:%D$\n"),
    ("p/.git_archival.txt", "# Ref names are not stable.\nnode: $Format:%H$\n\nref-names: $Format:%D$\n"),
    ("p/.git_archival.properties", "node=$Format:%H$\nref-names=$Format:%D$\n"),
    ("p/.gitrev", "rev: $Format:%h$\nrefs: $Format:%d$\n"),
    ("p/.git-stamp", "commit: $Format:%H$\ndescribe: $Format:%(describe:tags=true,match=v[0-9]*)$\n"),
    ("p/VERSION", "$Format:%d$\n"),
    ("p/VERSION", "$Format:%(describe:tags)$\n"),
    ("p/.version", "$Format:%(describe)$"),
    ("p/VERSION", "$Format:%D$\n$Format:%h$\n$Format:%ci$\n"),
    ("p/version.txt", "$Format:%D, %h$\n"),
    ("p/.tag", "$Format:%h$"),
    ("p/release.info", "commit $Format:%H$\ntree $Format:%t$\nrefs $Format:%D$\n"),
    // Python.
    (
        "p/_version.py",
        "    git_refnames = \"$Format:%d$\"\n    git_full = \"$Format:%H$\"\n    git_date = \"$Format:%ci$\"\n",
    ),
    ("p/_version.py", "# -*- coding: utf-8 -*-\ngit_refnames = '$Format:%d$'\n"),
    ("p/_version.py", "verstr = \"$Format:%d$\"\n"),
    (
        "p/_version.py",
        "    refnames = \"$Format:%D$\"\n    git_hash = \"$Format:%h$\"\n    describe = \"$Format:%(describe:match=v*)$\"\n",
    ),
    ("p/_version.py", "hashval, refnames = '$Format:%h %D$'.split(' ', 1)\n"),
    ("p/_version.py", "            git_archive_id = '$Format:%h %d$'\n"),
    ("p/setup.py", "    version = tag_re.search('$Format:%D$')\n"),
    ("p/setup.py", "    version = tag_re.search(\"$Format:%D$\")\n"),
    ("p/setup.py", "    hash = re.search('^[0-9a-f]+', '$Format:%h$')\n"),
    ("p/__init__.py", "        archive_commit='$Format:%h$',\n"),
    ("p/__init__.py", "__version__ = str(Version(fpath=__file__, archive_commit=\"$Format:%h$\", reponame=\"x\"))\n"),
    ("p/setup.py", "      version='0.2-$Format:%h$',\n"),
    ("p/v.py", "#\n# @rev          $Format:%H$ ($Format:%h$)\n# @tree         $Format:%t$\n"),
    ("p/version.bzl", "_VERSION_PRIVATE = \"$Format:%(describe:tags=true)$\"\n"),
    // C and its kin.
    (
        "p/aes.c",
        "#endif\n\n/* ref:         $Format:%D$ */\n/* git commit:  $Format:%H$ */\n/* commit time: $Format:%ci$ */\n",
    ),
    ("p/ber.cc", "/* $Format:%ci$ ($Format:%h$) by the authors */\n"),
    ("p/rib.c", "  $QuaggaId: $Format:%ci, %h$ $\n"),
    ("p/version.h", "#define GIT_REF \"$Format:%D$\"\n#define GIT_REV \"$Format:%h$\"\n"),
    ("p/version.c", "static const char git_version[] = \"$Format:%(describe)$\";\n"),
    ("p/version.c", "const char *build_ref = \"$Format:%D$\";\n"),
    ("p/x.java", "    public static final String GIT_REFS = \"$Format:%D$\";\n"),
    ("p/x.java", "/**\n * Tag: $Format:%D$\n */\n"),
    // Go and Rust.
    ("p/version.go", "\tVersionInfo = \"$Format:%d$\"\n\tCommitHash  = \"$Format:%h$\"\n"),
    ("p/version.go", "\tgitVersion   string = \"v0.0.0-master+$Format:%h$\"\n"),
    ("p/version.go", "\tdescribe = `$Format:%(describe:match=v4.*)$`\n\trevision = `$Format:%h (%ci)$`\n"),
    ("p/version.go", "\t// Describe=$Format:%D$\n"),
    ("p/version.go", "var Version = version.Version(\"1.5.1\", \"$Format:%(describe)$\", \"$Format:%H$\")\n"),
    ("p/build.rs", "const GIT_EXPORT_TAG: &str = \"$Format:%(describe:abbrev=7,tags=true)$\";\n"),
    ("p/build.rs", "const GIT_EXPORT_BRANCH: &str = \"$Format:%(decorate:prefix=,suffix=,separator=:)$\";\n"),
    // Shell.
    ("p/version.sh", "subst='$Format:%d$'\n"),
    ("p/version.sh", "VERSION='$Format:%d$'\n"),
    ("p/version.sh", "COMMIT='$Format:%H$'\nREFS='$Format:%D$'\n"),
    ("p/version.sh", "        GIT_COMMIT='$Format:%h$'\n        if [[ '$Format:%D$' =~ tag:\\ (v[^ ,]+) ]]; then\n"),
    (
        "p/version.sh",
        "HASH='$Format:%H$' && DATE='$Format:%ci$' && ARCHIVE_DESC='$Format:%(describe:match=v[0-9]*)$'\n",
    ),
    ("p/version.sh", "git_hash='$Format:%h$'\n"),
    ("p/version.sh", "  longhash='$Format:%H$'\n  refs='$Format:%D$'\n  desc='$Format:%(describe:exclude=*-g*)$'\n"),
    ("p/version.sh", "\t*)\n\t\tVERSIONIZE='$Format:%h$'\n\t\t;;\n"),
    // CMake and make.
    (
        "p/version.cmake",
        "  set(_ARCHIVE_DESCR \"$Format:%(describe:tags)$\")\n  set(_ARCHIVE_TAG \"$Format:%D$\")\n  set(_ARCHIVE_HASH \"$Format:%h$\")\n",
    ),
    ("p/version.cmake", "set(GIT_EXPORT_BRANCH \"$Format:%D$\") # is parsed below\n"),
    ("p/version.cmake", "set( GIT_ARCHIVE_DESCRIBE [[$Format:%(describe)$]] )\n"),
    ("p/version.cmake", "  set(the_version_git_hash_short \"$Format:%h$\")\n"),
    ("p/version.mk", "HASH := $Format:%h$\nFULLDATE := $Format:%ci$\n"),
    ("p/Makefile", "VERSION := 0.2.0-$Format:%h$\n"),
    ("p/GNUmakefile", "COMMIT_HASH := $Format:%h$\nGN_VERSION := 0.3.0\n"),
    ("p/git.pri", "    isEqual(VCS_VERSION_INFO, \"$Format:%D, %h$\") {\n"),
    // JavaScript, PHP, Perl, Lua, Ruby.
    ("p/version.js", "\trefs: '$Format:%d$'\n"),
    ("p/version.js", "\t\tname: '$Format:%cN$',\n\t\temail: '$Format:%cE$',\n"),
    ("p/package.json", "{\n  \"version\": \"$Format:%(describe)$\",\n  \"commit\": \"$Format:%h$\"\n}\n"),
    ("p/lib.php", "    if ($ref !== '$Format:%d$') {\n"),
    ("p/lib.php", "define('GIT_REFS', '$Format:%D$');\n"),
    ("p/x.pl", "# $Revision: $Format:%h$ $\n"),
    ("p/x.pm", "our $VERSION_REF = '$Format:%D$';\n"),
    ("p/init.lua", "\tversion = stamp .. \"-$Format:%h$\",\n"),
    ("p/v.rb", "  GIT_REF = '$Format:%D$'.freeze\n"),
    // Other formats.
    ("p/pom.xml", "  <git.ref>$Format:%D$</git.ref>\n"),
    ("p/about.xml", "<about version=\"$Format:%(describe)$\" commit=\"$Format:%h$\"/>\n"),
    ("p/setup.cfg", "[tool:versions.archive_commit=$Format:%h$]\n"),
    ("p/x.m", "    % Version: $Format:%ci$ ($Format:%h$)\n"),
];

/// Real lines as well, and such as hostile readers made of them: a person is to look at what the tarball has there.
const FOR_PEOPLE: [(&str, &str); 94] = [
    // Real ones.
    ("p/README.md", "# The toolbox\nRelease ID: $Format:%h %d$\n\n---\n"),
    ("p/GNUmakefile", "COMMIT_HASH := $Format:%h$\nREF_NAMES := $Format:%D$\n"),
    ("p/setup.py", "    match = re.search(r\"tag: v([0-9]+\\.[0-9]+)(,|$)\", \"$Format:%D$\")\n"),
    ("p/version.sh", "VERSION=$Format:%d$\n"),
    ("p/SOURCE_REVISION", "commit=$Format:%H$\nrefnames=$Format:%D$\n"),
    ("p/x.cs", "    public const string Ref = @\"$Format:%D$\";\n"),
    ("p/x.py", "# version $Format:%D$\n"),
    // Ends of expressions.
    ("p/x.sh", "perl -pe 's/@VERSION@/$Format:%(describe)$/g'\n"),
    ("p/x.sh", "sed -e 's,@V@,$Format:%D$,g'\n"),
    ("p/x.sh", "sed s-@V@-$Format:%D$-\n"),
    ("p/x.sh", "sed -e s,VERSION,\"$Format:%D$\",g\n"),
    ("p/x.sh", "sed s=VERSION=\"$Format:%D$\"=g\n"),
    ("p/x.sh", "sed s:VERSION:\"$Format:%D$\":g\n"),
    ("p/x.sh", "sed -e s,VERSION=1,VERSION=\"$Format:%D$\",g\n"),
    ("p/x.sh", "perl -0pe 's/x/\nversion = \"$Format:%D$\"\n/e'\n"),
    ("p/x.pl", "my @x = qw(\nversion = \"$Format:%d$\"\n);\n"),
    ("p/x.js", "version = /\"$Format:%D$\"/;\n"),
    ("p/x.pl", "version = q\"$Format:%D$\";\n"),
    ("p/x.sh", "cat <<\"$Format:%D$\"\nversion\n"),
    ("p/x.sh", "version=1; cat << \"$Format:%D$\"\n"),
    // Texts that become files and commands.
    ("p/x.sh", "eval \"$Format:%D$\"\n"),
    ("p/x.sh", "git describe > \"$Format:%D$\"\n"),
    ("p/x.sh", "version=x; \"$Format:%D$\"\n"),
    ("p/x.c", "#include \"$Format:%D$\"\n"),
    ("p/x.py", "git_version = system(\"$Format:%D$\")\n"),
    ("p/x.js", "const version = require(\"$Format:%D$\");\n"),
    ("p/x.py", "server = \"$Format:%D$\"\n"),
    ("p/x.py", "filename = \"$Format:%D$\"\n"),
    ("p/x.html", "<a href=\"$Format:%D$\">x</a>\n"),
    ("p/Makefile", "SHELL = \"$Format:%D$\"\n"),
    // Lines of their own.
    ("p/x.sh", "cat <<'END OF TEXT'\n$Format:%D$\nid\nEND OF TEXT\n"),
    ("p/Makefile", "define X\n$Format:%D$\nendef\n"),
    ("p/x.sh", "$Format:%D$\n"),
    ("p/Makefile", "$Format:%D$\n"),
    ("p/configure", "$Format:%D$\n"),
    ("p/run", "rm $Format:%D$\n"),
    ("p/x", "#$Format:%D$!/bin/sh\n"),
    // Assignments without quotes.
    ("p/x.sh", "BY=$Format:%aN$\n"),
    ("p/x.sh", "BY=$Format:%aN %cN$\n"),
    ("p/x.sh", "export REFS=$Format:%D$\n"),
    ("p/Makefile", "CPPFLAGS = -DREV=$Format:%(describe)$ -DREQUIRE_AUTH\n"),
    ("p/Makefile", "version: $Format:%D$\n"),
    ("p/Makefile.in", "version: $Format:%D$\n"),
    ("p/x.bat", "set REV=$Format:%D$\r\n"),
    // m4.
    ("p/x.m4", "# ref: $Format:%D$\n"),
    ("p/configure.ac", "# ref: $Format:%D$\n"),
    ("p/x", "define(`CLEAN', `syscmd(id)')\n# ref: $Format:%D$\n"),
    ("p/x", "AC_INIT([x],[1])\nref = \"$Format:%(describe)$\"\n"),
    ("p/x", "dnl ref: $Format:%D$\n"),
    // Comments that begin or end with the text, or are directives.
    ("p/x.c", "/**$Format:%D$*/\n"),
    ("p/x.c", "/* ref: $Format:%D$*/\n"),
    ("p/x.c", "/* $Format:%D$ */\n"),
    ("p/x.d", "/+ ref: $Format:%D$ +/\n"),
    ("p/x.lua", "--$Format:%D$[[ x\n"),
    ("p/x.ps1", "<$Format:%D$# x\n"),
    ("p/x.go", "//$Format:%D$ main evil\n"),
    ("p/x.go", "// +$Format:%D$ ignore\n"),
    ("p/x.go", "// +build $Format:%D$\n"),
    ("p/x.go", "//go:build $Format:%D$\n"),
    ("p/x.go", "//export $Format:%D$\n"),
    ("p/x.py", "# /// $Format:%D$\n# dependencies = [\"x\"]\n# ///\n"),
    ("p/v", "# /// $Format:%D$\n# dependencies = [\"x\"]\n# ///\n"),
    ("p/v", "ref: x\n# $Format:%D$\n"),
    ("p/x.py", "# type: $Format:%D$\n"),
    ("p/x.py", "# -*- coding: $Format:%D$ -*-\n"),
    ("p/x.py", "# vim: set fileencoding=$Format:%D$ :\n"),
    ("p/x.pyx", "# distutils: sources = $Format:%D$\n"),
    ("p/x.rb", "# frozen_string_literal: $Format:%D$\n"),
    ("p/x.sql", "/*! $Format:%D$ */\n"),
    ("p/x.js", "//# sourceMappingURL=$Format:%D$\n"),
    ("p/Dockerfile", "# $Format:%D$\n"),
    ("p/Dockerfile", "# syntax = $Format:%D$\n"),
    ("p/x.c", "#if 0\n# $Format:%D$\n#endif\n"),
    ("p/Package.swift", "// swift-tools-version: $Format:%(describe)$\n"),
    ("p/x.c", "// ref: x \\\nfrom $Format:%D$\n"),
    ("p/x.c", "// ref: $Format:%D$ \\\ncheck();\n"),
    // Escapes, variables and what is glued.
    ("p/x.c", "ref = \"\\0$Format:%D$\";\n"),
    ("p/x.c", "ref = \"\\x1$Format:%h$\";\n"),
    ("p/x.c", "ref = \"\\0$Format:%h$\";\n"),
    ("p/x.c", "ref = \"\\v$Format:%h$\";\n"),
    ("p/x.c", "ref = 0x$Format:%h$;\n"),
    ("p/x.sh", "REF=\"$$Format:%h$\"\n"),
    ("p/x.sh", "REF=$a$Format:%h$\n"),
    ("p/x.c", "ref_$Format:%h$();\n"),
    ("p/x.bat", "set REV=%$Format:%h$%\r\n"),
    ("p/x.c", "i$Format:%D$f (x) y();\n"),
    ("p/x.rb", "REF = \"build #$Format:%D$\"\n"),
    ("p/x.py", "ref = \"\"$Format:%D$\"\"\n"),
    ("p/x.py", "ref = 'it''s $Format:%D$'\n"),
    // Encodings in which ASCII is something else.
    ("p/x.py", "# -*- coding: utf-7 -*-\nref = \"$Format:%D$\"\n"),
    ("p/x.py", "# -*- coding: gbk -*-\nref = '$Format:%D$'\n"),
    ("p/x.xml", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<ref>$Format:%D$</ref>\n"),
    ("p/x.css", "@charset \"utf-7\";\n/* ref: $Format:%h$ */\n"),
    ("p/x.txt", "+/v8-\nref: $Format:%D$\n"),
];

/// What a second hostile reader found.
#[test]
fn quotes_and_names_that_are_none_in_their_language() {
    for (path, file) in [
        ("q.sql", "UPDATE t SET x = 1;\nref = \"$Format:%D$\"\n"),
        ("login.py", "x = db(\"\"\"SELECT * FROM u\nWHERE\ngit_ref = \"$Format:%D$\"\"\"\")\n"),
        ("CMakeLists.txt", "if(AUTHOR STREQUAL '$Format:%D$')\n"),
        ("x.cmake", "set(GIT_REF '$Format:%D$')\n"),
        ("x.bat", "set GIT_REF='$Format:%D$'\n"),
        ("Makefile", "CFLAGS += -DGIT_REV=\"$Format:%D$\"\n"),
        ("x.sed", "s+@V@+version = \"$Format:%D$\"+\n"),
        ("page.html.in", "define(VERSION, \"$Format:%D$\")\nversion = \"$Format:%D$\"\n"),
        ("x.pl", "$ref = \"proj@$Format:%D$\";\n"),
        ("x.pl", "@x = qw <\n a\n>;\n$ref = \"$Format:%D$\";\n"),
        ("x.rb", "X = %w[\n a ]\nref = qr /\n\"$Format:%D$\"\n"),
        ("x.sh", "git fetch origin && PAGER=\"$Format:%D$\"\n"),
        ("x.py", "subprocess.run([\"git\", \"push\"], executable=\"$Format:%D$\")\n"),
        ("x.html", "<script id=\"build\" src=\"js/$Format:%D$\">\n"),
        ("x.sh", "eval 'version=1\nref='$Format:%D$'\n'\n"),
        ("x.cpp", "x = R\"(\nversion = \"$Format:%D$\";\n)\";\n"),
        ("x.py", "x = '''\nref = '$Format:%D$'\n'''\n"),
        ("x.rb", "x = foo(/a\nref = \"$Format:%D$\"\n/x)\n"),
    ] {
        assert!(!is_accepted(path, file), "{path}: {file}");
    }
    for (path, file) in [
        ("x.py", "git_ref: str = \"$Format:%D$\"\n"),
        ("x.rs", "pub const GIT_REF: &str = \"$Format:%D$\";\n"),
        ("x.go", "var gitRef string = \"$Format:%D$\"\n"),
        ("x.jl", "for s, t in pairs(m - n)\ngit_ref = \"$Format:%D$\"\n"),
    ] {
        assert!(is_accepted(path, file), "{path}: {file}");
    }
}

/// A plain file can be read by m4, and a comment by an editor or a compiler.
#[test]
fn words_that_mean_something_wherever_they_stand() {
    let takes = |file: &str, text: &str| {
        let content = file.replace("TEXT", text);
        let at = file.find("TEXT").unwrap();
        super::text::keeps_tokens(content.as_bytes(), at..at + text.len())
    };
    for text in ["v1.0-m4_exit", "v1.0-dnl", "x/AC_OUTPUT", "HEAD -> main, tag: m4exit", "gl_INIT"] {
        assert!(!takes("ref names: TEXT\n", text), "{text}");
    }
    assert!(!takes("# by TEXT: y\n", "x Coding") && !takes("# TEXT : y\n", "coding"));
    assert!(!takes("# ref TEXT:rl:noma\n", "x vim"));
    for text in ["v1.0-exit", "dnlx", "HEAD -> main, tag: v1.0", "encoding", "vimrc"] {
        assert!(takes("ref names: TEXT\n", text), "{text}");
    }
}

#[test]
fn lines_of_real_projects() {
    let refused: Vec<_> = ACCEPTED.iter().filter(|(path, file)| !is_accepted(path, file)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn lines_for_people_to_look_at() {
    let accepted: Vec<_> = FOR_PEOPLE.iter().filter(|(path, file)| is_accepted(path, file)).collect();
    assert!(accepted.is_empty(), "{accepted:#?}");
}

/// A mail address can be an array of Perl's between double quotes, and nowhere else.
#[test]
fn addresses_between_double_quotes() {
    let address = b"a@b.org";
    let takes = |file: &str| places(&pieces(file), b"f")[0].takes_words(address, 0..address.len());
    assert!(takes("mail = '$Format:%aE$'\n") && takes("# by $Format:%aE$\n"));
    assert!(!takes("mail = \"$Format:%aE$\"\n"));
}

/// Lines of half a megabyte, and files of many.
#[test]
fn long_lines_have_no_known_shape() {
    let long = format!("{}ref = \"$Format:%D$\"\n", " ".repeat(513));
    assert!(!is_accepted("f", &long));
    assert!(!is_accepted("f", "ref\0 = \"$Format:%D$\"\n"));
    assert!(is_accepted("f", &format!("{}ref = \"$Format:%D$\"\n", "x\n".repeat(1000))));
}
