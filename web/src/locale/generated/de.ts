// Do not modify this file by hand!
// Re-generate this file by running lit-localize

/* eslint-disable no-irregular-whitespace */
/* eslint-disable @typescript-eslint/no-explicit-any */

export const templates = {
  sb11c6e84dc9ca810: `Fuse`,
  s1e3a08abb66683bd: `Gallery`,
  s0ab07cd80274cf50: `How it works`,
  sec77d4da6a57f2b7: `Page not found`,
  s457d59d649765619: `Skip to main content`,
  s35ee8bb6f9fdbc0f: `Segue, home`,
  s49e763aed00877a8: `Main`,
  s38629411c0671b46: `Back to the home page`,
  s885e2c5b8fef04af: `The MIDI file of every piece created here contains its seed, settings and parents. Files that you upload stay on this server and are deleted after a few days.`,
};
