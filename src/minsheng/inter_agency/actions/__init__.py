"""The only writers, by way: what comes in (`incoming`), what 110 is told (`telling`)."""
