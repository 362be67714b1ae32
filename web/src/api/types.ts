/**
 * The gateway's resources under the names that the page uses.
 *
 * All of them are derived from `openapi.ts`, which `npm run contract` generates from the gateway's OpenAPI document.
 * All tempos count quarter notes.
 */
import type { paths } from './openapi';

type ResponseBody<Operation> = Operation extends {
  readonly responses: { readonly 200: { content: { readonly 'application/json': infer Body } } };
}
  ? Body
  : never;
type RequestBody<Operation> = Operation extends {
  readonly requestBody: { readonly content: { readonly 'application/json': infer Body } };
}
  ? Body
  : never;

/** The API calls it `File`; renamed so that it does not hide the browser's own `File`. */
export type PieceFile = ResponseBody<paths['/files/{file_id}']['get']>;
export type Notice = PieceFile['notices'][number];
export type Transcription = NonNullable<PieceFile['transcription']>;
export type Summary = NonNullable<PieceFile['summary']>;
export type DetectedKey = NonNullable<Summary['key']>;
export type LocalKey = NonNullable<Summary['local_keys']>[number];
export type Track = Summary['tracks'][number];
export type Role = NonNullable<Track['role']>;
/** What a track's role may be set to; "none" leaves the track out. */
export type RoleChoice = Role | 'none';
export type FileChanges = RequestBody<paths['/files/{file_id}']['patch']>;
/** Where the beats of a piece come from: its file, or its notes. */
export type GridSource = Summary['grid'];

export type Notes = ResponseBody<paths['/files/{file_id}/notes']['get']>;
export type PianoRollTrack = Notes['tracks'][number];
export type PianoRollNote = PianoRollTrack['notes'][number];
export type Peaks = ResponseBody<paths['/files/{file_id}/peaks']['get']>;
export type Section = ResponseBody<paths['/files/{file_id}/sections']['get']>['sections'][number];

export type BlendRequest = RequestBody<paths['/generate/vae']['post']>;
export type Ingredient = keyof NonNullable<BlendRequest['ingredients']>;
export type GenerateRequest = RequestBody<paths['/generate/gan']['post']>;
export type HybridRequest = RequestBody<paths['/generate/hybrid']['post']>;
export type InterpolateRequest = RequestBody<paths['/generate/steps']['post']>;

export type Job = ResponseBody<paths['/jobs/{job_id}']['get']>;
export type JobState = Job['state'];
/** A result or a parent of a job. */
export type JobOutput = Job['results'][number];
/** The settings of a generated piece: the requested ones and those chosen by the seed. */
export type GenerationInfo = NonNullable<JobOutput['made']>;

export type JobList = ResponseBody<paths['/jobs']['get']>;
export type Library = ResponseBody<paths['/library']['get']>;
export type LibraryItem = Library['items'][number];
export type Family = ResponseBody<paths['/files/{file_id}/family']['get']>;
/** A parent or a child of a piece. */
export type RelatedFile = Family['parents'][number];

export type Share = ResponseBody<paths['/files/{file_id}/shares']['get']>['shares'][number];
export type SharedGallery = ResponseBody<paths['/gallery/shared']['get']>;
/** A piece that its owner shows to everybody. */
export type SharedItem = SharedGallery['items'][number];
/** Several jobs that were requested at once. */
export type Batch = ResponseBody<paths['/batches/{batch_id}']['get']>;
export type BatchItem = Batch['items'][number];
export type BatchRequest = RequestBody<paths['/batches']['post']>;
export type BatchSummary = ResponseBody<paths['/batches']['get']>['batches'][number];
/** A piece to make, as one of the items of a batch. */
export type BatchItemRequest = NonNullable<BatchRequest['items']>[number];

export type Style = ResponseBody<paths['/styles']['get']>['styles'][number];
export type SoundFont = ResponseBody<paths['/soundfonts']['get']>['soundfonts'][number];
export type GalleryItem = ResponseBody<paths['/gallery']['get']>['items'][number];
/** The ways to a new piece: `vae` blends, `gan` generates, `hybrid` generates two pieces and blends them. */
export type Method = GalleryItem['method'];
type DownloadQuery = NonNullable<paths['/download/{file_id}']['get']['parameters']['query']>;
/** The formats that the page offers; `original`, a recording as it was uploaded, is not among them. */
export type DownloadFormat = Exclude<NonNullable<DownloadQuery['format']>, 'original'>;

/** How the sound of a piece is sent for playback. */
export type PlayFormat = NonNullable<NonNullable<paths['/play/{file_id}']['get']['parameters']['query']>['format']>;

type ApiProblem = NonNullable<Job['error']>;
/** RFC 9457. Only the standard members are certain: the page also builds problems where the gateway did not respond. */
export type Problem = Pick<ApiProblem, 'type' | 'title' | 'status'> & {
  readonly detail?: string;
  /** The kind of problem in UPPER_SNAKE_CASE, which has a documentation page of its own. */
  readonly reason?: string;
  /** Seconds after which the same call may succeed, as the header Retry-After says. */
  readonly retryAfter_s?: number;
  /** One entry for each refused file or field. */
  readonly errors?: readonly Partial<NonNullable<ApiProblem['errors']>[number]>[];
};

/** Who the browser is for the gateway, and what it may have. */
export type Me = ResponseBody<paths['/me']['get']>;
export type Account = NonNullable<Me['account']>;
export type Session = ResponseBody<paths['/sessions']['get']>['sessions'][number];
export type Token = ResponseBody<paths['/tokens']['get']>['tokens'][number];
export type Scope = Token['scopes'][number];
/** A new token with its secret, which is shown once. */
export type CreatedToken = Token & { readonly token: string };
