"""The numbers: rates with their sets, intervals and versions. Moves nothing."""
