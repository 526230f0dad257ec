"""Text in: segmentation, masking, extraction. Knows no case."""
