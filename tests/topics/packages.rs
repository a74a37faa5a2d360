//! What packaging tools make of a signed commit: their own tools, run on a checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::{Environment, Key, Outcome, Program, Repository, git, succeed};

/// A signed commit, and a checkout of it.
struct Project {
    env: Environment,
    key: Key,
    repo: Repository,
    checkout: PathBuf,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let env = Environment::new();
        let key = Key::new("Alice <alice@example.org>");
        let repo = env.repository("x.git");
        let commit = repo.commit(files);
        repo.sign_tag("v1.0", &commit, &key);
        let checkout = env.path("checkout");
        let mut clone = git();
        clone.args(["clone", "-q"]).arg(&repo.path).arg(&checkout);
        succeed(clone);
        Project { env, key, repo, checkout }
    }

    fn run(&self, script: &str) {
        let mut command = Command::new("bash");
        command.args(["-ec", script]).current_dir(&self.checkout);
        for (name, value) in [("SETUPTOOLS_SCM_PRETEND_VERSION", "1.0"), ("GIT_CONFIG_NOSYSTEM", "1")] {
            command.env(name, value);
        }
        succeed(command);
    }

    fn check(&self, tarball: &Path) -> Program {
        self.env.authenticate(&self.key, "v1.0", &self.repo.path, tarball)
    }

    fn explained(&self, tarball: &Path) -> Outcome {
        self.check(tarball).arg("--explain").expect_refused("")
    }
}

/// The lines under a title of the report, up to what is said of each path.
fn paths(outcome: &Outcome, title: &str) -> Vec<String> {
    let start = format!("{title} (");
    let lines = outcome.err.lines().skip_while(|line| !line.starts_with(&start)).skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim().split(": ").next().unwrap().to_owned()).collect()
}

#[test]
fn make_dist_adds_what_autotools_generate() {
    let project = Project::new(&[
        (
            "configure.ac",
            "AC_INIT([x], [1.0])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n",
        ),
        ("Makefile.am", "bin_PROGRAMS = x\nx_SOURCES = x.c\nEXTRA_DIST = README .gitignore\n"),
        ("x.c", "int main(void) { return 0; }\n"),
        ("README", "Read me.\n"),
        (".gitignore", "*.o\n"),
    ]);
    project.run("autoreconf -i >/dev/null 2>&1 && ./configure >/dev/null && make dist >/dev/null");
    let tarball = project.checkout.join("x-1.0.tar.gz");
    let outcome = project.explained(&tarball);
    assert!(outcome.err.contains("grade added: ") && outcome.err.contains("0 changed, 0 missing"), "{outcome:?}");
    let runs = paths(&outcome, "added, and run or included by builds");
    for path in ["Makefile.in", "aclocal.m4", "configure", "install-sh"] {
        assert!(runs.iter().any(|other| other == path), "{path} in {outcome:?}");
    }
    // Nothing of this is accepted unseen; the report has the options that would do it.
    let outcome = project.check(&tarball).arg("--preset=dist").expect_refused("its grade is added");
    let options =
        outcome.err.lines().filter_map(|line| line.trim().strip_prefix("--allow-added '")?.strip_suffix('\''));
    let program = options.fold(project.check(&tarball), |program, path| program.arg(format!("--allow-added={path}")));
    program.expect_authentic();
    // A file that autotools did not make is one more that is not accepted.
    project.run("mkdir -p x-1.0/m4 && echo dnl >x-1.0/m4/evil.m4 && gunzip -k x-1.0.tar.gz && tar --append -f x-1.0.tar x-1.0/m4/evil.m4");
    let outcome = project.explained(&project.checkout.join("x-1.0.tar"));
    assert!(paths(&outcome, "added, and run or included by builds").contains(&"m4/evil.m4".to_owned()), "{outcome:?}");
}

#[test]
fn a_crate_is_the_commit_and_what_cargo_adds() {
    let manifest = "[package]\nname = \"x\"\nversion = \"1.0.0\"\nedition = \"2021\"\n# A comment.\nlicense = \"MIT\"\ndescription = \"x\"\n";
    let files = [
        ("Cargo.toml", manifest),
        ("src/main.rs", "fn main() {}\n"),
        ("README.md", "Read me.\n"),
        (".gitignore", "/target\n"),
    ];
    let project = Project::new(&files);
    let package = "cargo package --quiet --offline --no-verify --target-dir ../target";
    project.run(package);
    let tarball = project.env.path("target/package/x-1.0.0.crate");
    let outcome = project.explained(&tarball);
    assert_eq!(paths(&outcome, "changed"), ["Cargo.toml"], "{outcome:?}");
    // What cargo has written there could run anything when the crate is built.
    project.check(&tarball).arg("--preset=crate").expect_refused("one difference is not accepted: Cargo.toml");
    let outcome = project.check(&tarball).arg("--preset=crate").arg("--allow-changed=Cargo.toml").expect_authentic();
    assert!(outcome.err.contains("--preset crate accepts:"), "{outcome:?}");
    project.check(&tarball).arg("--accept=same-files").expect_refused("its grade is changed");
    // Each of these is somebody else's crate.
    let with = |script: &str| {
        let script = format!(
            "rm -rf ../edited && mkdir ../edited && cd ../edited && tar -xf {} && cd x-1.0.0 && {script} && cd .. && tar -czf ../edited.crate x-1.0.0",
            tarball.display()
        );
        project.run(&script);
        project.check(&project.env.path("edited.crate")).arg("--preset=crate").arg("--allow-changed=Cargo.toml")
    };
    with("true").expect_authentic();
    with("echo >>src/main.rs").expect_refused("src/main.rs");
    with("echo >>Cargo.toml.orig").expect_refused("Cargo.toml");
    with("sed -i s/sha1/sha2/ .cargo_vcs_info.json").expect_refused(".cargo_vcs_info.json");
    with("sed -i 's/\"sha1\": \".../\"sha1\": \"000/' .cargo_vcs_info.json").expect_refused(".cargo_vcs_info.json");
    with("echo 'fn main() {}' >build.rs").expect_refused("build.rs");
    with("chmod +x Cargo.lock").expect_refused("Cargo.lock");
    with("ln -sf src/main.rs Cargo.lock").expect_refused("Cargo.lock");
    // A crate of a workspace is a folder of its repository.
    let inner: Vec<(String, &str)> =
        files.iter().map(|(path, content)| (format!("crates/x/{path}"), *content)).collect();
    let mut inner: Vec<(&str, &str)> = inner.iter().map(|(path, content)| (&path[..], *content)).collect();
    inner.push(("Cargo.toml", "[workspace]\nmembers = [\"crates/x\"]\nresolver = \"2\"\n"));
    let project = Project::new(&inner);
    project.run(&format!("cd crates/x && {package}").replace("../target", "../../../target"));
    let tarball = project.env.path("target/package/x-1.0.0.crate");
    project.check(&tarball).arg("--preset=crate").expect_refused("");
    let in_folder = project.check(&tarball).arg("--preset=crate").arg("--subdir=crates/x");
    in_folder.arg("--allow-changed=Cargo.toml").expect_authentic();
}

const PYTHON: [(&str, &str); 4] = [
    ("README.md", "Read me.\n"),
    (".gitignore", "dist/\n*.egg-info/\n"),
    ("x/__init__.py", "\"\"\"x\"\"\"\n__version__ = \"1.0\"\n"),
    ("tests/test_x.py", "import x\n"),
];

#[test]
fn an_sdist_of_setuptools_is_the_commit_and_its_metadata() {
    let setup = "# How x is built.\n[metadata]\nname = x\nversion = 1.0\nurl=https://example.org/x\nclassifiers =\n    License :: OSI Approved\n\n[options]\npackages = x\n";
    let pyproject = "[build-system]\nrequires = [\"setuptools\", \"setuptools-scm\"]\nbuild-backend = \"setuptools.build_meta\"\n\n[tool.setuptools_scm]\n";
    let files = [&PYTHON[..], &[("setup.cfg", setup), ("pyproject.toml", pyproject)]].concat();
    let project = Project::new(&files);
    project.run("/usr/bin/python3 -m build --sdist --no-isolation --skip-dependency-check >/dev/null 2>&1");
    let tarball = project.checkout.join("dist/x-1.0.tar.gz");
    let outcome = project.explained(&tarball);
    assert_eq!(paths(&outcome, "changed"), ["setup.cfg"], "{outcome:?}");
    project.check(&tarball).arg("--preset=sdist").expect_authentic();
    project.run(
        "cd dist && tar -xf x-1.0.tar.gz && sed -i 's/^name = x/name = y/' x-1.0/setup.cfg && tar -czf y.tar.gz x-1.0",
    );
    let tarball = project.checkout.join("dist/y.tar.gz");
    project.check(&tarball).arg("--preset=sdist").expect_refused("one difference is not accepted: setup.cfg");
}

#[test]
fn sdists_of_hatchling_and_flit() {
    let hatch = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n\n[project]\nname = \"x\"\nversion = \"1.0\"\n";
    let flit = "[build-system]\nrequires = [\"flit_core >=3\"]\nbuild-backend = \"flit_core.buildapi\"\n\n[project]\nname = \"x\"\ndescription = \"x\"\nversion = \"1.0\"\n";
    let build = "/usr/bin/python3 -m build --sdist --no-isolation --skip-dependency-check >/dev/null 2>&1";
    let project = Project::new(&[&PYTHON[..], &[("pyproject.toml", hatch)]].concat());
    project.run(build);
    project.check(&project.checkout.join("dist/x-1.0.tar.gz")).arg("--preset=sdist").expect_authentic();
    // flit leaves out what is no part of the package.
    let project = Project::new(&[&PYTHON[..], &[("pyproject.toml", flit)]].concat());
    project.run(build);
    let tarball = project.checkout.join("dist/x-1.0.tar.gz");
    let outcome = project.explained(&tarball);
    let missing = paths(&outcome, "missing");
    assert!(missing.contains(&".gitignore".to_owned()) && paths(&outcome, "changed").is_empty(), "{outcome:?}");
    let program = missing.iter().fold(project.check(&tarball).arg("--preset=sdist"), |program, path| {
        program.arg(format!("--allow-missing={path}"))
    });
    program.expect_authentic();
}

/// Debian's tool takes files away that must not be distributed, and packs the rest again.
#[test]
fn what_uscan_packs_again_lacks_what_was_excluded() {
    let project = Project::new(&[
        ("README", "Read me.\n"),
        ("bin/run*", "#!/bin/sh\n"),
        ("link", "-> README"),
        ("minified/x.min.js", "x\n"),
        ("minified/y.min.js", "y\n"),
        ("src/x.c", "int x;\n"),
    ]);
    project.repo.archive("v1.0", "x-1.0/", "tar.gz");
    project.run(
        "cp ../x-1.0_.tar.gz ../x-1.0.tar.gz && cd .. &&
         printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\\nFiles-Excluded: minified\\n' > copyright &&
         mk-origtargz --package x --version 1.0 --repack --compression xz --copyright-file copyright --directory . x-1.0.tar.gz",
    );
    let folder = std::fs::read_dir(project.env.path("")).unwrap();
    let is_repacked = |name: &str| name.starts_with("x_1.0") && name.ends_with(".orig.tar.xz");
    let tarball =
        folder.map(|entry| entry.unwrap().path()).find(|path| is_repacked(path.file_name().unwrap().to_str().unwrap()));
    let tarball = tarball.expect("a tarball");
    let outcome = project.explained(&tarball);
    assert_eq!(paths(&outcome, "missing"), ["minified/x.min.js", "minified/y.min.js"], "{outcome:?}");
    assert!(paths(&outcome, "changed").is_empty() && paths(&outcome, "added").is_empty(), "{outcome:?}");
    project.check(&tarball).arg("--accept=same-files").expect_refused("2 differences");
    project.check(&tarball).arg("--allow-missing=minified/**").expect_authentic();
}
