"""政策口径: articles, versions, validity, phone directory."""
