-- Accounts that must not sign in for the time being: since when, none if they may.

ALTER TABLE users ADD COLUMN suspended_ms BIGINT;
