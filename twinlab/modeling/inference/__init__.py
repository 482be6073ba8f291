"""What observations say of a model: has it changed, does a flow stand still, are forecasts true?"""
