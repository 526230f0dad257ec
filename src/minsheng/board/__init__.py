"""What leaders see: figures that open their lists."""
