"""Fits what ranks candidates at inference: the reranker's classifiers and the index of training passages."""
