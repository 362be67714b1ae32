import { describe, expect, it } from 'vitest';
import { KEYS, describeKeyChanges, describeKeyConfidence, formatDetectedKey } from '../../src/music/keys';

const localKey = (name: string, first_bar: number) => ({
  name,
  first_bar,
  confidence: 0.8,
  bars: 4,
  start_s: 0,
  end_s: 8,
});

describe('keys', () => {
  it('are 24', () => {
    expect(KEYS).toHaveLength(24);
  });

  it('show their mode and, where they are uncertain, the runner-up', () => {
    const runner_up = { name: 'A major', confidence: 0.3 };
    expect(formatDetectedKey({ name: 'F# minor', confidence: 0.7, mode: 'dorian' })).toBe('F♯ minor (dorian)');
    expect(describeKeyConfidence({ name: 'F# minor', confidence: 0.7, runner_up })).toBe('likely, or A major');
    expect(describeKeyConfidence({ name: 'F# minor', confidence: 0.9, runner_up })).toBe('confident');
    expect(describeKeyConfidence({ name: 'F# minor', confidence: 0.4 })).toBe('uncertain');
  });

  it('show where a piece modulates', () => {
    expect(describeKeyChanges([localKey('C major', 0), localKey('Bb major', 8)])).toBe('B♭ major from bar 9');
    expect(describeKeyChanges([])).toBe('');
    const many = Array.from({ length: 8 }, (_, index) => localKey('C major', index * 4));
    expect(describeKeyChanges(many).endsWith('C major from bar 17, and 3 more')).toBe(true);
  });
});
