/** The library has no types: only the worker uses it, for what it registers. */
declare module 'signalsmith-stretch';
