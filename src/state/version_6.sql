-- What changed among memberships lately stands packed behind the pieces (src/state/packed.rs), which older versions would not put into them.
-- Decisions come in the order of their moments, so the first of a moment is found by halves (src/state/ledger.rs), without an index.

DROP INDEX decisions_by_moment;
