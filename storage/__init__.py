"""What is kept between processes: runs, evidence, files."""
