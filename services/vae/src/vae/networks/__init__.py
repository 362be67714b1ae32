"""The TensorFlow side: the graphs of the role models in Magenta, and how a call's inputs reach them."""
