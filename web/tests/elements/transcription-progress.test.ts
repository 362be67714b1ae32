import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/types';
import { transcriptionStage } from '../../src/elements/piece/transcription-progress';

describe('transcriptionStage', () => {
  it('describes each stage', () => {
    const job = (state: string, stage: string) => ({ state, stage }) as Job;
    expect(transcriptionStage(job('running', 'Transcribing'))).toBe('Decoding the recording');
    expect(transcriptionStage(null)).toBe('Queued');
    expect(transcriptionStage(job('running', 'Transcribing: beats'))).toBe('Tracking the beat');
    expect(transcriptionStage(job('running', 'Transcribing: waiting for the transcriber service'))).toBe(
      'Waiting for the transcriber',
    );
    expect(transcriptionStage(job('running', 'Reading the notes'))).toBe('Writing the score');
  });
});
