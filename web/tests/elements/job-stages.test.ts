import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/types';
import { stageText } from '../../src/elements/result/job-stages';

const text = (stage: string, state: Job['state'] = 'running') => stageText({ stage, state } as Job);

describe('stageText', () => {
  it('says what a service does in words of music', () => {
    expect(text('Generating 2 of 8: draw')).toBe('Generating 2 of 8: writing the notes');
    expect(text('Generating: choose')).toBe('Generating: picking the best take');
    expect(text('Generating parent 2: plan')).toBe('Generating piece B: planning the form');
    expect(text('Blending: encode lead')).toBe('Blending: reading the lead');
    expect(text('Blending: blend drums')).toBe('Blending: mixing the drums');
    expect(text('Transcribing: listen')).toBe('Transcribing: detecting notes');
  });

  it('shows no other word of a service', () => {
    expect(text('Blending: dequantize_latents')).toBe('Blending');
    expect(text('Blending: waiting for the vae service')).toBe(
      'Blending: waiting for a part of Segue that is starting',
    );
    expect(text('Blending: waiting for its turn')).toBe('Blending: waiting for its turn');
    expect(text('', 'queued')).toBe('Waiting to start');
  });
});
