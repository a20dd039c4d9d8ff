//! What every database behind the catalog must do. A database is supported when it passes.

mod damage;
mod exports;
mod finding;
mod keys;
mod links;
mod organizations;
mod passkeys;
mod people;
mod proof;
mod schedules;
mod seals;
mod settings;
mod sign_ins;
mod sso;
mod streams;
mod viewer_tokens;

use std::{pin::Pin, sync::Arc};

use tallystick_catalog::{Catalog, CatalogError, CatalogUrl, NewOrganization, Organization};
use tallystick_event::OrgId;
use tallystick_testkit::FixedClock;

use crate::doubles::{RANDOM, START_MS};

/// One empty catalog and a clock for it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) url: CatalogUrl,
    pub(crate) clock: Arc<FixedClock>,
}

impl Case {
    /// Opens the catalog, as one more node.
    pub(crate) async fn open(&self) -> Catalog {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<Catalog, CatalogError> {
        Catalog::open(&self.url, self.clock.clone(), RANDOM.clone()).await
    }

    /// Changes the database behind the catalog's back.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        use sqlx::Connection;
        let changed = match &self.url {
            CatalogUrl::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).foreign_keys(false);
                let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
            }
            CatalogUrl::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
            }
        };
        assert!(changed > 0, "{sql} changed nothing");
    }
}

/// Runs every case on a fresh place that `fresh` makes for the case's name.
#[expect(clippy::too_many_lines, reason = "a list of cases")]
pub(crate) async fn run(fresh: impl AsyncFn(&str) -> CatalogUrl) {
    macro_rules! cases {
        ($($module:ident :: $case:ident),+ $(,)?) => {$({
            // Each has a place of its own to wait in: together they are more than a stack holds.
            fn begun(case: &Case) -> Pin<Box<dyn Future<Output = ()> + '_>> {
                Box::pin($module::$case(case))
            }
            let name = concat!(stringify!($module), "_", stringify!($case));
            println!("case {name}");
            let case = Case { url: fresh(name).await, clock: Arc::new(FixedClock::new(START_MS)) };
            begun(&case).await;
        })+};
    }
    cases! {
        settings::instance_keeps_its_name,
        settings::nodes_may_start_together,
        settings::last_value_wins_except_for_init,
        organizations::are_created_changed_and_read,
        organizations::ids_differing_in_case_conflict,
        organizations::one_of_many_concurrent_creators_wins,
        organizations::are_listed_in_byte_order,
        organizations::invalid_names_are_refused,
        organizations::are_deleted_only_with_an_empty_log,
        seals::start_empty,
        seals::are_loaded_as_committed,
        seals::may_be_repeated,
        seals::are_refused_when_they_contradict,
        seals::one_of_two_writers_wins,
        seals::given_up_changes_are_whole_or_absent,
        seals::loads_in_between_are_consistent,
        seals::compaction_replaces_adjacent_segments,
        seals::compaction_is_refused_when_it_contradicts,
        keys::are_created_read_and_revoked,
        keys::are_listed_by_owner,
        keys::invalid_ones_are_refused,
        keys::last_use_only_moves_forward,
        keys::changes_are_followed_across_nodes,
        keys::followers_miss_no_concurrent_change,
        people::accounts_are_found_by_address_in_any_case,
        people::an_organization_keeps_an_owner,
        people::accounts_are_suspended_and_get_other_addresses,
        people::custom_roles_are_made_changed_and_deleted,
        people::go_with_their_organization,
        links::set_up_once,
        links::invite_new_and_known_people,
        links::are_used_by_one_of_many,
        links::resets_end_all_sessions,
        sign_ins::sessions_are_found_by_hash_and_end,
        sign_ins::sessions_are_bounded_and_forgotten,
        sign_ins::codes_work_once,
        finding::searches_are_kept_for_their_owners_and_shared,
        finding::the_same_address_has_one_short_link,
        finding::shared_events_expire_and_are_revoked,
        finding::all_of_it_goes_with_its_organization,
        exports::are_taken_in_turn_and_one_at_a_time_of_an_organization,
        exports::go_on_end_and_begin_anew,
        exports::expire_once_and_are_limited,
        schedules::are_made_changed_and_deleted,
        schedules::run_one_at_a_time_and_leave_nothing_out,
        schedules::are_held_with_a_reason_and_forget_old_runs,
        streams::are_made_changed_and_deleted,
        streams::move_on_by_steps_that_are_whole_or_refused,
        streams::are_rewound_with_a_note_of_what_they_leave_out,
        streams::keep_the_newest_attempts,
        streams::keep_dead_letters_until_they_arrive,
        streams::go_with_their_organization,
        sso::a_test_is_good_for_what_was_tested,
        sso::whoever_keeps_a_password_stays_an_owner,
        sso::a_provider_gets_accounts_that_are_its_own,
        sso::sessions_of_a_provider_are_apart_and_end_with_it,
        viewer_tokens::are_found_by_hash_and_end,
        viewer_tokens::are_listed_and_revoked_by_organization,
        viewer_tokens::end_with_the_key_that_made_them_and_with_their_organization,
        passkeys::are_found_by_credential_renamed_and_removed,
        passkeys::are_limited_for_each_account,
        passkeys::counters_of_signatures_only_grow,
        passkeys::challenges_are_spent_once,
        passkeys::go_with_a_reset,
        proof::tiles_only_grow,
        proof::tiles_are_mended_in_place,
        proof::the_directory_grows_without_gaps,
        proof::the_newest_entries_are_those_of_present_logs,
        proof::witnesses_and_anchors_are_kept,
        proof::a_closed_log_has_a_successor,
        damage::newer_schema_is_refused,
        damage::altered_tree_is_noticed,
        damage::missing_segment_is_noticed,
        damage::lost_events_are_noticed,
        damage::lowered_position_is_noticed,
        damage::foreign_text_is_noticed,
    }
}

pub(crate) fn org(id: &str) -> OrgId {
    OrgId::new(id).unwrap()
}

pub(crate) async fn new_org(catalog: &Catalog, id: &str) -> Organization {
    let new = NewOrganization { id: Some(org(id)), name: None };
    catalog.create_organization(new).await.unwrap()
}
