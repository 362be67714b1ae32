/** The ingredients of a blend, what a listener hears apart, under the names that musicians use. */
import { msg } from '@lit/localize';
import type { Ingredient, Role } from '../../api/types';

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
  get form() {
    return msg('Form');
  },
  get harmony() {
    return msg('Chords');
  },
  get rhythm() {
    return msg('Melody rhythm');
  },
  get contour() {
    return msg('Melody contour');
  },
  get bass() {
    return msg('Bass line');
  },
  get texture() {
    return msg('Accompaniment');
  },
  get groove() {
    return msg('Groove');
  },
  get sound() {
    return msg('Instruments');
  },
  get feel() {
    return msg('Feel');
  },
};

export const INGREDIENT_HINTS: Readonly<Record<Ingredient, string>> = {
  get form() {
    return msg('Which phrases come when, and what returns');
  },
  get harmony() {
    return msg('The chord progression');
  },
  get rhythm() {
    return msg('When the notes of the tune start and end');
  },
  get contour() {
    return msg('How the tune rises and falls');
  },
  get bass() {
    return msg('The rhythm and the moves of the bass');
  },
  get texture() {
    return msg('How the chords are played');
  },
  get groove() {
    return msg('The drums');
  },
  get sound() {
    return msg('Which instruments play');
  },
  get feel() {
    return msg('Tempo, loudness and timing');
  },
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
