"""诉求人: who reached us, sealed contact data, masks."""
