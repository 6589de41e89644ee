"""Pictures of facts: builders make a neutral Graph (graph.py), and a renderer draws that on a page or into a file."""
