"""Training and evaluation of the generator: ``run.sh`` trains and installs a model, ``evaluate.sh`` measures it.

Nothing that is served imports this package. Its commands run in `services/gan`, as ``python -m training.<package>``.
"""
