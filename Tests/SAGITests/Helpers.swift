import SAGI
