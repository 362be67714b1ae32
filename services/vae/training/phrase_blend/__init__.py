"""An experimental blend of whole pieces by phrases: form, chords, accompaniment and lead are recombined by rule.

Not served; `docs/experiments/phrase-blend.md` describes the design, its figures and what is missing. `blend.blend_pair`
is the entry point.
"""
