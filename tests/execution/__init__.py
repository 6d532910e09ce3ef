"""Running programs before and after the migration, each under its own SDK, against the double."""
