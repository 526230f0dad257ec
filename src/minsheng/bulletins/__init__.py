"""Bulletins (日报 周报 月报 专报): the hotline's figures of a span of days, frozen, in words, signed before they leave, with corrections.

More file kinds than a small room has: `rules` and `queries` are cut into spans, figures, words, tables and what moves by steps.
"""
