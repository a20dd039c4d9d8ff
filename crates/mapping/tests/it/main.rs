//! Mapping as its users see it: real records, hand-made records with their expected events, mapping
//! files with mistakes, and the worked example of the documentation.

#![cfg(test)]

mod accepted;
mod examples;
mod files;
mod leaves;
mod real;
mod rules;
