"""Rules of telephony, pure: events, reading an exchange's ledger, what a call was, call-backs, staffing, caller ids."""
