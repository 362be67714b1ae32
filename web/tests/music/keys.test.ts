import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/contract';
import { transcriptionStage } from '../../src/elements/piece/transcription-progress';
import { keyChanges, keyName, keyConfidence } from '../../src/music/keys';

const stretch = (name: string, first_bar: number) => ({
  name,
  first_bar,
  confidence: 0.8,
  bars: 4,
  start_s: 0,
  end_s: 8,
});

describe('keys', () => {
  it('name their mode and, where they are not clear, the runner-up', () => {
    const runner_up = { name: 'A major', confidence: 0.3 };
    expect(keyName({ name: 'F# minor', confidence: 0.7, mode: 'dorian' })).toBe('F♯ minor (dorian)');
    expect(keyConfidence({ name: 'F# minor', confidence: 0.7, runner_up })).toBe('likely, else A major');
    expect(keyConfidence({ name: 'F# minor', confidence: 0.9, runner_up })).toBe('clear');
    expect(keyConfidence({ name: 'F# minor', confidence: 0.4 })).toBe('a guess');
  });

  it('tell where a piece goes', () => {
    expect(keyChanges([stretch('C major', 0), stretch('Bb major', 8)])).toBe('B♭ major from bar 9');
    expect(keyChanges([])).toBe('');
    const many = Array.from({ length: 8 }, (_, index) => stretch('C major', index * 4));
    expect(keyChanges(many).endsWith('C major from bar 17, and 3 more')).toBe(true);
  });
});

describe('the stages of a transcription', () => {
  it('are said in words', () => {
    const job = (state: string, stage: string) => ({ state, stage }) as Job;
    expect(transcriptionStage(job('running', 'Transcribing'))).toBe('Opening the recording');
    expect(transcriptionStage(null)).toBe('Waiting for its turn');
    expect(transcriptionStage(job('running', 'Transcribing: beats'))).toBe('Finding the beat');
    expect(transcriptionStage(job('running', 'Transcribing: waiting for the transcriber service'))).toBe(
      'Waiting for the transcriber',
    );
    expect(transcriptionStage(job('running', 'Reading the notes'))).toBe('Writing the notes down');
  });
});
