//! Repositories on this machine: their forms, and folders that somebody made to hurt.

use std::fs;
use std::path::Path;
use std::process::Command;

use auth_tarball_from_git::limits;

use crate::environment::bounded::{limited, limited_data};
use crate::environment::packs::zlib;
use crate::environment::{Environment, Program, Release, git, succeed};

fn fifo(path: &Path) {
    let mut mkfifo = Command::new("mkfifo");
    mkfifo.arg(path);
    succeed(mkfifo);
}

fn check(env: &Environment, release: &Release, repo: impl AsRef<Path>) -> Program {
    env.authenticate(&release.key, "v1", repo.as_ref(), &release.tarball).arg("--timeout=20")
}

#[test]
fn refs_loose_packed_and_symbolic() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let tag = repo.git(&["rev-parse", "refs/tags/v1"]);
    let file = repo.path.join("refs/tags/v1");
    check(&env, &release, &repo.path).expect_authentic();
    repo.git(&["pack-refs", "--all"]);
    assert!(!file.exists());
    check(&env, &release, &repo.path).expect_authentic();
    // A folder that packing left behind.
    fs::create_dir_all(file.join("empty")).unwrap();
    check(&env, &release, &repo.path).expect_authentic();
    fs::remove_dir_all(&file).unwrap();
    // A ref of its own goes before a packed one.
    let other = repo.set_tag("other", repo.tag_text("other", &release.commit).as_bytes());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, format!("{other}\n")).unwrap();
    check(&env, &release, &repo.path).expect_refused("");
    fs::remove_file(&file).unwrap();
    // Symbolic ones, as far as git follows them.
    repo.git(&["update-ref", "refs/archive/5", &tag]);
    for n in (1..5).rev() {
        repo.git(&["symbolic-ref", &format!("refs/archive/{n}"), &format!("refs/archive/{}", n + 1)]);
    }
    repo.git(&["symbolic-ref", "refs/tags/v1", "refs/archive/2"]);
    check(&env, &release, &repo.path).expect_authentic();
    repo.git(&["symbolic-ref", "refs/tags/v1", "refs/archive/none"]);
    check(&env, &release, &repo.path).expect_not_found("no tag v1");
    for (text, words) in [
        ("ref: refs/tags/v1\n", "a loop of symbolic refs"),
        ("ref: refs/../../outside\n", "something that is no ref"),
        ("ref: ../outside\n", "something that is no ref"),
        ("ref:\n", "something that is no ref"),
        ("", "does not begin with the id of an object"),
        ("not an id\n", "does not begin with the id of an object"),
        (&tag[..39], "does not begin with the id of an object"),
        (&format!("{tag}0"), "does not begin with the id of an object"),
    ] {
        fs::write(&file, text).unwrap();
        check(&env, &release, &repo.path).expect_not_checked(words);
    }
    // git reads an id up to a blank.
    fs::write(&file, format!("{tag} and more")).unwrap();
    check(&env, &release, &repo.path).expect_authentic();
    fs::remove_file(&file).unwrap();
    fs::write(repo.path.join("packed-refs"), format!("{tag}\n")).unwrap();
    check(&env, &release, &repo.path).expect_not_checked("one of its lines is damaged");
}

#[test]
fn work_trees_and_the_files_that_lead_to_them() {
    let env = Environment::new();
    let release = env.release();
    release.repo.git(&["clone", "-q", ".", "../work"]);
    release.repo.git(&["-C", "../work", "worktree", "add", "-q", "../linked", "HEAD"]);
    for repo in ["work", "work/.git", "linked", "linked/.git", "work/.git/worktrees/linked"] {
        check(&env, &release, repo).expect_authentic();
    }
    // A ref of the work tree alone, through the folder that all of them share.
    release.repo.git(&["-C", "../linked", "update-ref", "refs/worktree/own", "refs/tags/v1"]);
    release.repo.git(&["-C", "../work", "symbolic-ref", "refs/tags/v1", "refs/worktree/own"]);
    check(&env, &release, "linked").expect_authentic();
    check(&env, &release, "work").expect_not_found("no tag v1");
    // As submodules have it: the folder elsewhere, named from here.
    release.repo.git(&["clone", "-q", "--separate-git-dir=../apart", ".", "../sub"]);
    fs::write(env.path("sub/.git"), "gitdir: ../apart\r\n").unwrap();
    check(&env, &release, "sub").expect_authentic();
    for (text, words) in [
        ("gitdir: ../nowhere\n", "it has no HEAD"),
        ("gitdir: .git\n", "it has no HEAD"),
        ("gitdir: \n", "its .git is damaged"),
        ("", "its .git is damaged"),
    ] {
        fs::write(env.path("sub/.git"), text).unwrap();
        check(&env, &release, "sub").expect_not_checked(words);
    }
}

/// What a repository's form depends on is read, and nothing else; files that its configuration includes are not.
#[test]
fn extensions_that_are_known_and_others() {
    let env = Environment::new();
    let release = env.release();
    let path = release.repo.path.join("config");
    let good = fs::read_to_string(&path).unwrap();
    let with = |more: &str| {
        fs::write(&path, format!("{good}{more}")).unwrap();
        check(&env, &release, &release.repo.path)
    };
    let v1 = |more: &str| with(&format!("[core]\n\trepositoryformatversion = 1\n[extensions]\n\t{more}\n"));
    for known in ["objectFormat = sha1", "refStorage = files", "partialClone = origin", "preciousObjects", "noop = 1"] {
        v1(known).expect_authentic();
    }
    v1("someThing = 1").expect_not_checked("needs the extension something, which is not supported");
    v1("refStorage = elsewhere").expect_not_checked("needs the ref storage elsewhere");
    v1("objectFormat = sha3").expect_not_checked("needs the object format sha3");
    v1("refStorage = reftable").expect_not_checked("reftable");
    with("[core]\nrepositoryformatversion = 2\n").expect_not_checked("needs the repository format version 2");
    with("[what\n").expect_not_checked("its line");
    fs::write(env.path("included"), "[extensions]\nobjectFormat = sha256\n").unwrap();
    with(&format!("[include]\n\tpath = {}\n", env.path("included").display())).expect_authentic();
    // What the user and the machine have configured.
    with("")
        .env("GIT_CONFIG_GLOBAL", env.path("included"))
        .env("GIT_DIR", "/no/such")
        .env("GIT_OBJECT_DIRECTORY", "/no/such")
        .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", "/no/such")
        .expect_authentic();
    fs::remove_file(&path).unwrap();
    check(&env, &release, &release.repo.path).expect_authentic();
}

#[test]
fn objects_that_are_borrowed() {
    let env = Environment::new();
    let release = env.release();
    release.repo.git(&["clone", "-q", "--bare", "--shared", ".", "../one.git"]);
    release.repo.git(&["clone", "-q", "--bare", "--shared", "../one.git", "../two.git"]);
    check(&env, &release, "two.git").expect_authentic();
    let alternates = |name: &str| env.path(name).join("objects/info/alternates");
    // From the folder itself, in a circle, with one that is gone, and a comment.
    fs::write(alternates("two.git"), "# here\n/no/such/objects\n../../one.git/objects\n").unwrap();
    fs::write(alternates("one.git"), "../../two.git/objects\n../../x.git/objects\n../../one.git/objects\n").unwrap();
    check(&env, &release, "two.git").expect_authentic();
    fs::write(alternates("one.git"), "../../two.git/objects\n").unwrap();
    check(&env, &release, "two.git").expect_not_checked("is missing");
}

/// Folders that borrow from more folders than anybody has: the limit counts them.
#[test]
fn endless_alternates() {
    let env = Environment::new();
    let release = env.release();
    let chain = |length: usize| {
        for n in 0..length {
            let folder = env.path(&format!("alternates/{n}"));
            fs::create_dir_all(folder.join("info")).unwrap();
            fs::write(folder.join("info/alternates"), format!("../{}\n", n + 1)).unwrap();
        }
        let last = env.path(&format!("alternates/{}", length - 1)).join("info/alternates");
        fs::write(last, format!("{}\n", release.repo.path.join("objects").display())).unwrap();
    };
    release.repo.git(&["clone", "-q", "--bare", "--shared", ".", "../borrower.git"]);
    fs::write(env.path("borrower.git/objects/info/alternates"), "../../alternates/0\n").unwrap();
    chain(200);
    check(&env, &release, "borrower.git").expect_authentic();
    chain(300);
    check(&env, &release, "borrower.git").expect_not_checked("the number of alternates");
}

/// Links to devices, pipes and files of any size in the place of each file that is read.
#[test]
fn files_that_never_end() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    repo.git(&["clone", "-q", "--bare", ".", "../packed.git"]);
    repo.git(&["-C", "../packed.git", "repack", "-adq"]);
    repo.unpack();
    let mut pack = fs::read_dir(env.path("packed.git/objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let index = pack.find(|path| path.extension().is_some_and(|extension| extension == "idx")).unwrap();
    let loose = repo.loose(&repo.git(&["rev-parse", "refs/tags/v1"]));
    let (bare, packed) = (repo.path.clone(), env.path("packed.git"));
    let files = [
        (bare.join("HEAD"), &bare),
        (bare.join("config"), &bare),
        (bare.join("commondir"), &bare),
        (bare.join("packed-refs"), &bare),
        (bare.join("refs/tags/v1"), &bare),
        (bare.join("objects/info/alternates"), &bare),
        (loose, &bare),
        (index.clone(), &packed),
        (index.with_extension("pack"), &packed),
        (packed.join("packed-refs"), &packed),
    ];
    for (file, repo) in files {
        check(&env, &release, repo).expect_authentic();
        let aside = env.path("aside");
        let is_there = file.exists();
        if is_there {
            fs::rename(&file, &aside).unwrap();
        }
        let makers: [(&dyn Fn(), &str); 3] = [
            (&|| std::os::unix::fs::symlink("/dev/zero", &file).unwrap(), "it is not a regular file"),
            (&|| fifo(&file), "it is not a regular file"),
            // 8 TiB, and not a byte of it on the disk.
            (&|| fs::File::create(&file).unwrap().set_len(8 << 40).unwrap(), "it is larger than"),
        ];
        for (make, words) in makers {
            make();
            let program = limited(check(&env, &release, repo), 512);
            // Where a tag is packed as well, its ref is asked for first; nothing else is read.
            let is_needed = !(file.ends_with("packed-refs") && repo == &bare);
            match is_needed {
                true => drop(program.expect_not_checked(words)),
                false => drop(program.expect_authentic()),
            }
            fs::remove_file(&file).unwrap();
        }
        if is_there {
            fs::rename(&aside, &file).unwrap();
        }
    }
    // In the place of .git, and of the repository.
    for name in ["dotted/.git", "pipe"] {
        fs::create_dir_all(env.path("dotted")).unwrap();
        fifo(&env.path(name));
        let repo = name.strip_suffix("/.git").unwrap_or(name);
        check(&env, &release, repo).expect_not_checked("");
        fs::remove_file(env.path(name)).unwrap();
        std::os::unix::fs::symlink("/dev/zero", env.path(name)).unwrap();
        check(&env, &release, repo).expect_not_checked("");
    }
}

/// More packs than anybody has: the limit counts their names, and opens none of them.
#[test]
fn endless_packs() {
    let env = Environment::new();
    let release = env.release();
    let folder = release.repo.path.join("objects/pack");
    for n in 0..=limits::LOCAL_PACKS {
        fs::write(folder.join(format!("{n}.idx")), "").unwrap();
    }
    limited(check(&env, &release, &release.repo.path), 512).expect_not_checked("the number of packs");
}

/// Small files that become large, or other than they say.
#[test]
fn loose_objects_that_are_bombs() {
    let env = Environment::new();
    let release = env.release();
    release.repo.unpack();
    let path = release.repo.loose(&release.repo.git(&["rev-parse", "refs/tags/v1"]));
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let zeros = vec![0; 64 << 20];
    for (header, words) in [
        (&b"tag 67108864\0"[..], "the size of an object"),
        (b"tag 18446744073709551615\0", ""),
        (b"tag 10\0", "its size is not what it says"),
        (b"tag -1\0", ""),
        (b"gat 10\0", ""),
        (b"tag 10", ""),
    ] {
        fs::write(&path, zlib(&[header, &zeros].concat())).unwrap();
        limited_data(check(&env, &release, &release.repo.path), 128).expect_not_checked(words);
    }
    fs::write(&path, "not compressed").unwrap();
    check(&env, &release, &release.repo.path).expect_not_checked("could not be read");
}

/// The index of a local pack is whatever somebody wrote: nothing that it says is believed.
#[test]
fn damaged_packs_and_indices() {
    let env = Environment::new();
    let release = env.release();
    release.repo.git(&["repack", "-adq"]);
    let folder = release.repo.path.join("objects/pack");
    for extension in ["idx", "pack"] {
        let mut paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let path = paths.find(|path| path.extension().is_some_and(|found| found == extension)).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        let good = fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(good.len() / 60) {
            for bit in [0x01, 0x80] {
                let mut bad = good.clone();
                bad[at] ^= bit;
                fs::write(&path, bad).unwrap();
                let outcome = limited(check(&env, &release, &release.repo.path), 512).run();
                assert!(matches!(outcome.code, Some(0 | 1 | 3)), "{extension} at {at}: {outcome:?}");
                assert!(!outcome.err.contains("internal error"), "{extension} at {at}: {outcome:?}");
            }
        }
        for length in [0, 1, 12, 100] {
            fs::write(&path, &good[..length]).unwrap();
            check(&env, &release, &release.repo.path).expect_not_checked("");
        }
        fs::write(&path, good).unwrap();
    }
}

/// A partial clone lacks the attribute file that the tarball shows.
#[test]
fn partial_clones_and_bundles_without_blobs() {
    let env = Environment::new();
    let mut release = env.release();
    let attributes = "x/* -text\n*.bat eol=crlf\n";
    let files =
        [(".gitattributes", attributes), ("a.bat", "echo\n"), ("x/y", "y\n"), ("z/.gitattributes", "* -text\n")];
    release.commit = release.repo.commit(&files);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    release.tarball = release.repo.archive("v1", "x-1/", "tar.gz");
    release.repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = |env: &Environment, release: &Release, name: &str| {
        let url = format!("file://{}", release.repo.path.display());
        let path = env.path(name);
        let mut command = git();
        command.args(["clone", "-q", "--bare", "--filter=blob:none", &url]).arg(&path);
        succeed(command);
        path
    };
    let partial = clone(&env, &release, "partial.git");
    let blob = release.repo.git(&["rev-parse", "v1:.gitattributes"]);
    let mut exists = git();
    exists.arg("-C").arg(&partial).args(["cat-file", "-e", &blob]).env("GIT_NO_LAZY_FETCH", "1");
    assert!(!exists.output().unwrap().status.success(), "it has no blobs");
    check(&env, &release, &partial).expect_authentic();
    let bundle = release.repo.bundle("partial.bundle", &["--filter=blob:none", "refs/tags/v1"]);
    check(&env, &release, &bundle).expect_authentic();
    // What no tarball can show.
    release.commit = release.repo.commit(&[(".gitattributes", "v export-subst\n"), ("v", "$Format:%H$\n")]);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    release.tarball = release.repo.archive("v1", "x-1/", "tar.gz");
    check(&env, &release, clone(&env, &release, "other.git")).expect_not_checked("is missing");
}

/// CI fetches the commit of a tag under the tag's name. Nobody but the checkout is to blame.
#[test]
fn a_tag_that_a_checkout_made_lightweight() {
    let env = Environment::new();
    let release = env.release();
    let mut init = git();
    init.args(["init", "-q"]).arg(env.path("checkout"));
    succeed(init);
    let run = |args: &[&str]| {
        let mut command = git();
        command.arg("-C").arg(env.path("checkout")).args(args);
        succeed(command);
    };
    run(&["remote", "add", "origin", "https://me:s3cr3t@example.org/x.git"]);
    run(&["fetch", "-q", "--no-tags", "--depth=1", "../x.git", &format!("+{}:refs/tags/v1", release.commit)]);
    let outcome = check(&env, &release, "checkout").expect_refused("the tag v1 in checkout is a lightweight tag");
    for words in ["git -C checkout fetch --force origin refs/tags/v1:refs/tags/v1", "https://example.org/x.git"] {
        assert!(outcome.err.contains(words), "{words}: {outcome:?}");
    }
    assert!(!outcome.err.contains("s3cr3t"), "{outcome:?}");
}

/// `1.0` for `v1.0`: the refs are at hand, and so is the advice.
#[test]
fn names_like_one_that_is_not_there() {
    use auth_tarball_from_git::git::{self, Source, TagName, Wanted};
    use std::time::{Duration, Instant};
    let env = Environment::new();
    let release = env.release();
    for name in ["v1.0", "release-1.0", "v1.1"] {
        release.repo.git(&["update-ref", &format!("refs/tags/{name}"), &release.commit]);
    }
    release.repo.git(&["branch", "1.0", "main"]);
    release.repo.git(&["pack-refs", "--all"]);
    release.repo.git(&["update-ref", "refs/tags/V1-0", &release.commit]);
    let bundle = release.repo.bundle("x.bundle", &["--all"]);
    let (daemon, http) = (
        crate::environment::servers::GitDaemon::start(&env.path("")),
        crate::environment::servers::HttpServer::start(&env.path("")),
    );
    let path = release.repo.path.to_str().unwrap();
    for repo in [path, bundle.to_str().unwrap(), &daemon.url("x.git"), &http.http("x.git")] {
        let (source, name) = (Source::parse(repo).unwrap(), TagName::parse("1.0").unwrap());
        let mut repository =
            git::open(&source, limits::PACKS, Instant::now() + Duration::from_secs(60), &|_| ()).unwrap();
        assert_eq!(repository.find(&Wanted::Tag(name.clone())).unwrap(), None);
        let near = repository.near(&name).unwrap();
        let tags: Vec<_> = near.tags.iter().map(ToString::to_string).collect();
        assert_eq!((tags, near.is_branch), (vec!["V1-0".into(), "release-1.0".into(), "v1.0".into()], true), "{repo}");
        let check = |tag| env.authenticate(&release.key, tag, repo, &release.tarball).arg("--timeout=20");
        let outcome = check("1.0").run();
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.err.contains("It has V1-0, release-1.0, v1.0: was that meant?"), "{outcome:?}");
        let outcome = check("main").run();
        assert!(outcome.err.contains("It has a branch of that name"), "{outcome:?}");
        let outcome = check("something-else").run();
        assert!(outcome.err.contains("Check the name and the repository's URL."), "{outcome:?}");
    }
}

/// Blanks are `%20` in a URL.
#[test]
fn file_urls_are_decoded() {
    let env = Environment::new();
    let release = env.release();
    fs::create_dir(env.path("a b")).unwrap();
    release.repo.git(&["clone", "-q", "--bare", ".", "../a b/x.git"]);
    let url = format!("file://{}/a%20b/x.git", env.path("").display());
    check(&env, &release, &url).expect_authentic();
    check(&env, &release, format!("git+{url}#tag=v1?signed")).expect_authentic();
}
