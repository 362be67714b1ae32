"""The TensorFlow side: the graphs of the role models in Magenta's classes, and how the inputs of a call reach them.

Magenta's decoders sample from a random state inside TensorFlow that no caller can set, and their `TrainedModel` passes
a graph no inputs but latents, one temperature and one control vector for a whole batch. A decode call needs more: the
chords, logit biases, noise and mixture weights of every window. They take a side channel:

1. `RoleModel.decode` registers the call's inputs with its `CallRegistry`, which returns a call id
   (`vae.networks.call_registry`).
2. The id is passed to `TrainedModel.decode_to_tensors` in place of the temperature: the one number that Magenta feeds
   through unchanged.
3. In the graph, `vae.networks.token_sampling.fetch_call_inputs` is a `tf.numpy_function` that calls
   `CallRegistry.fetch` with that number, once a batch, and yields the inputs as tensors, padded to the batch size.
4. At every step, `vae.networks.token_sampling.sample_step` samples the tokens from the logits and these tensors.

Every call has its own id, so that several threads may run one graph at once.
"""
