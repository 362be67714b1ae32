/** The ingredients of a blend, what a listener hears apart, under the names that musicians use. */
import type { Ingredient, Role } from '../api/types';

/** In the order in which a blend decides them. */
export const INGREDIENTS = [
  'form',
  'harmony',
  'rhythm',
  'contour',
  'bass',
  'texture',
  'groove',
  'sound',
  'feel',
] as const satisfies readonly Ingredient[];

export const INGREDIENT_NAMES: Readonly<Record<Ingredient, string>> = {
  form: 'Form',
  harmony: 'Chords',
  rhythm: 'Melody rhythm',
  contour: 'Melody contour',
  bass: 'Bass line',
  texture: 'Accompaniment',
  groove: 'Groove',
  sound: 'Instruments',
  feel: 'Feel',
};

export const INGREDIENT_HINTS: Readonly<Record<Ingredient, string>> = {
  form: 'Which phrases come when, and what returns',
  harmony: 'The chord progression',
  rhythm: 'When the notes of the tune start and end',
  contour: 'How the tune rises and falls',
  bass: 'The rhythm and the moves of the bass',
  texture: 'How the chords are played',
  groove: 'The drums',
  sound: 'Which instruments play',
  feel: 'Tempo, loudness and timing',
};

/** The role whose weight moves an ingredient; the others follow the main weight. */
export const INGREDIENT_ROLES: Readonly<Partial<Record<Ingredient, Role>>> = {
  harmony: 'harmony',
  rhythm: 'lead',
  contour: 'lead',
  bass: 'bass',
  texture: 'harmony',
  groove: 'drums',
};
