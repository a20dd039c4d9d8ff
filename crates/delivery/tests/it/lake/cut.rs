//! What an attempt that was cut short leaves behind is repaired by the next one.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use tallystick_destination::Outcome;

use super::rig::{batch, deliver, filled, in_folder, org, stored, tree};

/// What a file is called without its folders and suffix.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_to_be_cut_short_in_is_repaired() {
    let harness = filled(300).await;
    let sent = batch(&harness, &stored(&harness, &org(0)));
    let dir = tempfile::tempdir().unwrap();
    let lake = in_folder(dir.path());
    deliver(&*lake, &sent).await;
    let whole = tree(dir.path());
    let read = |path: &String| fs::read(dir.path().join(path)).unwrap();
    let contents: Vec<Vec<u8>> = whole.iter().map(read).collect();
    let path = |suffix: &str| dir.path().join(whole.iter().find(|path| path.ends_with(suffix)).unwrap());
    let (data, manifest) = (path(".parquet"), path(".json"));
    let part = |of: &Path| of.with_file_name(format!("_tmp-{}", stem(of)));
    let first_half = &contents[whole.iter().position(|path| path.ends_with(".parquet")).unwrap()][..500];
    let cuts: [(&str, &dyn Fn()); 5] = [
        ("nothing but folders", &|| {
            fs::remove_file(&data).unwrap();
            fs::remove_file(&manifest).unwrap();
        }),
        ("a part of the file", &|| {
            fs::remove_file(&data).unwrap();
            fs::remove_file(&manifest).unwrap();
            fs::write(part(&data), first_half).unwrap();
        }),
        ("the file without its manifest", &|| fs::remove_file(&manifest).unwrap()),
        ("a part of the manifest", &|| {
            fs::remove_file(&manifest).unwrap();
            fs::write(part(&manifest), b"{").unwrap();
        }),
        ("everything", &|| {}),
    ];
    for (what, cut) in cuts {
        cut();
        deliver(&*lake, &sent).await;
        assert_eq!(tree(dir.path()), whole, "{what}");
        assert_eq!(whole.iter().map(read).collect::<Vec<_>>(), contents, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_at_the_same_time_give_one_file() {
    let harness = filled(300).await;
    let sent = Arc::new(batch(&harness, &stored(&harness, &org(0))));
    let dir = tempfile::tempdir().unwrap();
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (lake, sent) = (in_folder(dir.path()), Arc::clone(&sent));
            tokio::spawn(async move { lake.send(&sent).await })
        })
        .collect();
    let mut delivered = 0;
    for attempt in attempts {
        let answer = attempt.await.unwrap();
        match answer.outcome {
            Outcome::Delivered => delivered += 1,
            // An attempt that was given up and goes on is one of these.
            Outcome::Retry { .. } => assert!(answer.detail.contains("still writing"), "{}", answer.detail),
            other => panic!("{other:?}: {}", answer.detail),
        }
    }
    assert!(delivered > 0);
    deliver(&*in_folder(dir.path()), &sent).await;
    assert_eq!(tree(dir.path()).len(), 2, "{:?}", tree(dir.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_leaves_nothing() {
    let harness = filled(20).await;
    let sent = batch(&harness, &stored(&harness, &org(0)));
    let dir = tempfile::tempdir().unwrap();
    let lake = in_folder(dir.path());
    deliver(&*lake, &sent).await;
    let data = tree(dir.path()).into_iter().find(|path| path.ends_with(".parquet")).unwrap();
    let data = dir.path().join(data);
    fs::remove_file(&data).unwrap();
    // A folder in the place of the file; root may write everywhere, so that permissions say nothing here.
    fs::create_dir(&data).unwrap();
    let answer = lake.send(&sent).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
    assert!(!answer.detail.contains(dir.path().to_str().unwrap()), "{}", answer.detail);
    fs::remove_dir(&data).unwrap();
    // In the place of the unfinished file something that cannot be removed like one.
    let part = data.with_file_name(format!("_tmp-{}", stem(&data)));
    fs::create_dir(&part).unwrap();
    let answer = lake.send(&sent).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
    assert!(!data.exists());
    fs::remove_dir(&part).unwrap();
    deliver(&*lake, &sent).await;
    assert!(data.exists() && fs::metadata(&data).unwrap().permissions().mode() & 0o111 == 0);
}
