"""A MuseGAN-like baseline, trained on the same windows: the peer that the generator is compared with."""
