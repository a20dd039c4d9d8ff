//! Settings, and the name of the instance.

use super::Case;

pub(crate) async fn instance_keeps_its_name(case: &Case) {
    let first = case.open().await;
    let second = case.open().await;
    assert_eq!(first.instance_id(), second.instance_id());
    assert!(first.instance_id().starts_with("inst_") && first.instance_id().len() == 25);
    first.ping().await.unwrap();
}

/// All of them find no tables and want to make them.
pub(crate) async fn nodes_may_start_together(case: &Case) {
    let mut starting = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let case = case.clone();
        starting.spawn(async move { case.open().await.instance_id().to_owned() });
    }
    let names = starting.join_all().await;
    assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
}

pub(crate) async fn last_value_wins_except_for_init(case: &Case) {
    let (first, second) = (case.open().await, case.open().await);
    assert_eq!(first.setting("x").await.unwrap(), None);
    let (one, two) = tokio::join!(first.init_setting("x", "one"), second.init_setting("x", "two"));
    let winner = one.unwrap();
    assert_eq!(two.unwrap(), winner);
    assert!(winner == "one" || winner == "two");
    second.set_setting("x", "drei €\n").await.unwrap();
    assert_eq!(first.setting("x").await.unwrap().as_deref(), Some("drei €\n"));
    assert_eq!(first.init_setting("x", "four").await.unwrap(), "drei €\n");
}
